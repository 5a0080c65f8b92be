import { createParser } from 'eventsource-parser';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { newId } from '../../src/lib/ids.ts';
import { contractOf } from '../support/contract.ts';
import { startService, type TestService } from '../support/service.ts';

type Heard = { event: string | undefined; id: string | undefined; data: Record<string, unknown> };

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service?.stop());

/** Listens to a job until the server ends the stream. */
async function listen(id: string, lastEventId?: number): Promise<Heard[]> {
  const answer = await request(`${service.url}/v1/jobs/${id}/events`, {
    headers: {
      authorization: `Bearer ${service.env.BOOTSTRAP_API_KEY}`,
      ...(lastEventId === undefined ? {} : { 'last-event-id': String(lastEventId) }),
    },
  });
  expect(answer.headers).toMatchObject({
    'content-type': 'text/event-stream',
    'cache-control': 'no-cache',
    'x-request-id': expect.any(String),
    ratelimit: expect.any(String),
  });
  const heard: Heard[] = [];
  const parser = createParser({
    onEvent: ({ event, id: eventId, data }) => heard.push({ event, id: eventId, data: JSON.parse(data) }),
  });
  for await (const chunk of answer.body) parser.feed(String(chunk));
  const contract = await contractOf(service.url);
  for (const { id: eventId, ...event } of heard) {
    const frame = eventId === undefined ? event : { ...event, id: eventId };
    expect(contract.faultIn({ $ref: '#/components/schemas/JobEvent' }, frame)).toBeNull();
  }
  return heard;
}

describe('the events of a job', () => {
  let id: string;
  let heard: Heard[];
  let job: JobView;

  beforeAll(async () => {
    ({ id } = await service.client.submit({ type: 'generate', prompt: 'A parade', export: true }));
    heard = await listen(id);
    job = await service.client.job(id);
  });

  it('begin with the whole job and end with its end', () => {
    expect(heard[0]).toMatchObject({ event: 'snapshot', data: { object: 'job', id } });
    expect(heard.at(-1)).toMatchObject({ event: 'status', id: String(job.seq), data: { type: 'job.succeeded' } });
    expect(heard.at(-1)?.data.data).toEqual(job);
    expect(heard.some(({ event }) => event === 'preview')).toBe(true);
  });

  it('come once each, in order; progress has no id', () => {
    const ids = heard.filter(({ event }) => event !== 'progress').map((event) => Number(event.id));
    expect(ids).toEqual(ids.map((_, index) => (ids[0] ?? 0) + index));
    for (const { id: eventId } of heard.filter(({ event }) => event === 'progress')) expect(eventId).toBeUndefined();
  });

  it('are told again from where a client left off, without a snapshot', async () => {
    const again = await listen(id, 2);
    expect(again.map((event) => Number(event.id))).toEqual(
      Array.from({ length: job.seq - 2 }, (_, index) => index + 3),
    );
    expect(await listen(id, job.seq)).toEqual([]);
  });

  it('begin anew for a client that names one that this job has not come to', async () => {
    expect((await listen(id, job.seq + 1)).map(({ event }) => event)).toEqual(['snapshot']);
  });

  it('are the job’s history', async () => {
    const { data } = (
      await service.client.get<{ object: string; data: { seq: number; type: string }[] }>(`/v1/jobs/${id}/history`)
    ).body;
    expect(data.map(({ seq }) => seq)).toEqual(Array.from({ length: job.seq }, (_, index) => index + 1));
    expect(data[0]).toMatchObject({
      type: 'job.queued',
      phase: null,
      at: expect.any(String),
      data: { status: 'queued' },
    });
  });

  it('of a job that has ended are the snapshot and nothing more', async () => {
    expect((await listen(id)).map(({ event }) => event)).toEqual(['snapshot']);
  });
});

it('of a job whose events are no longer kept nothing is told, and the stream ends', async () => {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A clip of long ago' });
  await service.client.ended(id);
  await service.database.sql('DELETE FROM event WHERE job_id = $1', [id]);
  expect(await listen(id, 2)).toEqual([]);
});

it('a client that names an event beyond all numbers takes nothing from the others', async () => {
  const idle = await startService({ workers: false });
  const open = (id: string, headers: Record<string, string> = {}) =>
    request(`${idle.url}/v1/jobs/${id}/events`, {
      headers: { authorization: `Bearer ${idle.env.BOOTSTRAP_API_KEY}`, ...headers },
    });
  const [odd, other] = await Promise.all(
    ['Odd', 'Other'].map((prompt) => idle.client.submit({ type: 'generate', prompt })),
  );
  const oddly = await open(`${odd?.id}`, { 'last-event-id': '3000000000' });
  const others = await open(`${other?.id}`);
  await idle.client.post(`/v1/jobs/${other?.id}/cancel`, {});
  expect(await others.body.text()).toContain('"type":"job.canceled"');
  const [oddText] = await Promise.all([oddly.body.text(), idle.stop()]);
  expect(oddText).toMatch(/^event: snapshot/);
});

it('many clients that wait for one job all hear of its end', async () => {
  const popular = await startService({ workers: false });
  const { id } = await popular.client.submit({ type: 'generate', prompt: 'A popular clip' });
  const headers = { authorization: `Bearer ${popular.env.BOOTSTRAP_API_KEY}` };
  const listen = () => request(`${popular.url}/v1/jobs/${id}/events`, { headers });
  const all = await Promise.all(Array.from({ length: 50 }, listen));
  await popular.startWorkers();
  for (const { body } of all) expect(await body.text()).toContain('"type":"job.succeeded"');
  await popular.stop();
});

it('a client that waits does not hold up the end of the process', async () => {
  const other = await startService({ workers: false });
  const { id } = await other.client.submit({ type: 'generate', prompt: 'Never run' });
  const waiting = await request(`${other.url}/v1/jobs/${id}/events`, {
    headers: { authorization: `Bearer ${other.env.BOOTSTRAP_API_KEY}` },
  });
  const [text] = await Promise.all([waiting.body.text(), other.stop()]);
  expect(text).toMatch(/^event: snapshot/);
});

it.each(['history', 'events'])('the %s of a job that does not exist: 404', async (what) => {
  expect((await service.client.get(`/v1/jobs/${newId('job')}/${what}`)).status).toBe(404);
});

describe('Prefer: wait', () => {
  it('answers a submit with the job as it ended', async () => {
    const job = { type: 'generate', prompt: 'How are you?' };
    const answer = await service.client.post<JobView>('/v1/jobs', job, { prefer: 'wait=30' });
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'preference-applied': 'wait' },
      body: { status: 'succeeded' },
    });
    expect(answer.headers.location).toBe(answer.body.links.self);
  });

  it('answers when the time is up as well, with the job as it is', async () => {
    const idle = await startService({ workers: false });
    const answer = await idle.client.post<JobView>(
      '/v1/jobs',
      { type: 'generate', prompt: 'Later' },
      { prefer: 'wait=1' },
    );
    expect(answer).toMatchObject({
      status: 202,
      headers: { 'preference-applied': 'wait' },
      body: { status: 'queued' },
    });
    const again = await idle.client.get<JobView>(`/v1/jobs/${answer.body.id}`, { prefer: 'wait=1' });
    expect(again).toMatchObject({ status: 200, body: { status: 'queued' } });
    await idle.stop();
  });
});
