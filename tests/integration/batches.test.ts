import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchResult } from '../../src/lib/db/batches.ts';
import type { BatchView } from '../../src/lib/domain/batch.ts';
import { newId } from '../../src/lib/ids.ts';
import type { Client } from '../support/client.ts';
import { giveFile, pngFile } from '../support/files.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTenant } from '../support/tenants.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

type Problem = { code: string; detail: string; errors?: { pointer: string; detail: string }[] };

let service: TestService;
let receiver: WebhookReceiver;

beforeAll(async () => {
  service = await startService();
  receiver = await startReceiver();
});

afterAll(async () => {
  await service?.stop();
  await receiver?.close();
});

const film = (id: number | string, more: object = {}) => ({
  custom_id: `film-${id}`,
  type: 'generate',
  prompt: `A film of number ${id}`,
  ...more,
});
const films = (count: number, more: object = {}) => Array.from({ length: count }, (_, index) => film(index, more));

async function submit(body: object, client: Client = service.client): Promise<BatchView> {
  const answer = await client.post<BatchView>('/v1/batches', body);
  if (answer.status !== 202) throw new Error(`not taken: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

const read = async (id: string, client: Client = service.client) =>
  (await client.get<BatchView>(`/v1/batches/${id}`)).body;

const ended = (id: string, client?: Client) =>
  waitFor(`the end of ${id}`, async () => {
    const batch = await read(id, client);
    return batch.finished_at !== null && batch;
  });

async function results(id: string): Promise<BatchResult[]> {
  const answer = await service.client.get<string>(`/v1/batches/${id}/results`);
  expect(answer.headers['content-type']).toBe('application/x-ndjson');
  return answer.body === null ? [] : parseLines(answer.body);
}

function parseLines(text: string): BatchResult[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

describe('a batch', () => {
  let accepted: BatchView;
  let batch: BatchView;

  beforeAll(async () => {
    const webhook = { url: receiver.url };
    accepted = await submit({ jobs: films(4), webhook, metadata: { campaign: 'autumn' } });
    batch = await ended(accepted.id);
  });

  it('is accepted with all its jobs', () => {
    expect(accepted).toMatchObject({
      id: expect.stringMatching(/^bat_/),
      object: 'batch',
      status: 'in_progress',
      counts: { total: 4, succeeded: 0, skipped: 0 },
      credits_used: 0,
      metadata: { campaign: 'autumn' },
      finished_at: null,
    });
  });

  it('is complete when its jobs are, and says what they cost', () => {
    const none = { queued: 0, waiting: 0, running: 0, failed: 0, canceled: 0, expired: 0, skipped: 0 };
    expect(batch).toMatchObject({ status: 'completed', counts: { total: 4, succeeded: 4, ...none } });
    expect(batch.credits_used).toBeGreaterThan(0);
  });

  it('has a result a job, in order', async () => {
    const lines = await results(batch.id);
    expect(lines.map((line) => line.custom_id)).toEqual(['film-0', 'film-1', 'film-2', 'film-3']);
    const job = await service.client.job(lines[2]?.job_id ?? '');
    expect(job).toMatchObject({ batch_id: batch.id, custom_id: 'film-2' });
    const { custom_id, id: job_id, status, result, error, charged } = job;
    expect(lines[2]).toEqual({ custom_id, job_id, status, result, error, charged });
  });

  it('tells its webhook once, of nothing but its end', async () => {
    const [received] = await receiver.waitFor(1);
    expect(JSON.parse(received?.body ?? '')).toMatchObject({ type: 'batch.completed', data: batch });
    expect(receiver.received).toHaveLength(1);
  });

  it('is listed, newest first, and is nobody else’s', async () => {
    const newer = await submit({ jobs: films(1) });
    const list = await service.client.get<{ data: BatchView[]; has_more: boolean }>('/v1/batches?limit=1');
    expect(list.body).toMatchObject({ has_more: true, data: [{ id: newer.id, counts: { total: 1 } }] });
    const next = await service.client.get<{ data: BatchView[] }>(`/v1/batches?starting_after=${newer.id}`);
    expect(next.body.data[0]).toEqual(batch);
    const stranger = await createTenant(service);
    expect((await stranger.get<{ data: [] }>('/v1/batches')).body.data).toEqual([]);
    for (const path of ['', '/results']) {
      expect(await stranger.get(`/v1/batches/${batch.id}${path}`)).toMatchObject({ status: 404 });
    }
    expect(await stranger.post(`/v1/batches/${batch.id}/cancel`, {})).toMatchObject({ status: 404 });
  });
});

describe('what is asked for', () => {
  it('with bad items is refused, with a pointer for each, and nothing is stored', async () => {
    const [before] = await service.database.sql('SELECT count(*) FROM job');
    const { client_reference } = await service.client.submit({
      type: 'generate',
      prompt: 'A fox',
      client_reference: newId('req'),
    });
    const answer = await service.client.post<Problem>('/v1/batches', {
      jobs: [
        film('good'),
        film('bad', { prompt: '' }),
        film('good'),
        { type: 'generate', prompt: 'x' },
        'a film',
        film('skill', { skill: 'origami' }),
        film('asset', { assets: [{ asset_id: newId('ast') }] }),
        film('session', { session_id: newId('ses') }),
        film('reference', { client_reference }),
        film('one', { client_reference: 'same' }),
        film('two', { client_reference: 'same' }),
        film('metadata', { metadata: { 'a/b': 1 } }),
      ],
    });
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
    expect(answer.body.errors?.map((error) => error.pointer)).toEqual([
      '/jobs/1/prompt',
      '/jobs/2/custom_id',
      '/jobs/3/custom_id',
      '/jobs/4',
      '/jobs/5/skill',
      '/jobs/6/assets/0/asset_id',
      '/jobs/7/session_id',
      '/jobs/8/client_reference',
      '/jobs/10/client_reference',
      '/jobs/11/metadata/a~1b',
    ]);
    const [after] = await service.database.sql('SELECT count(*) - 1 AS count FROM job');
    expect(after).toEqual(before);
  });

  it('with on_invalid: skip goes without them; they are in the results', async () => {
    const { id, counts } = await submit({
      on_invalid: 'skip',
      jobs: [film('bad', { prompt: '' }), film('good'), { type: 'generate' }],
    });
    expect(counts).toMatchObject({ total: 3, skipped: 2 });
    await ended(id);
    expect(await results(id)).toMatchObject([
      { custom_id: 'film-bad', job_id: null, status: 'skipped', error: { code: 'validation_failed' }, charged: 'no' },
      { custom_id: null, job_id: null, status: 'skipped' },
      { custom_id: 'film-good', status: 'succeeded' },
    ]);
  });

  it('with nothing but bad items to skip is complete at once', async () => {
    const { id } = await submit({ on_invalid: 'skip', jobs: [{}] });
    expect(await ended(id)).toMatchObject({ status: 'completed', counts: { total: 1, skipped: 1 } });
  });

  it.each<[string, object, string]>([
    ['no jobs', { jobs: [] }, '/jobs'],
    ['too many jobs', { jobs: Array.from({ length: 10_001 }, () => 0) }, '/jobs'],
    ['an unknown option', { jobs: films(1), speed: 2 }, '/speed'],
    ['a cap of none', { jobs: films(1), max_concurrency: 0 }, '/max_concurrency'],
    ['a webhook to nowhere', { jobs: films(1), webhook: { url: 'nowhere' } }, '/webhook/url'],
    ['a webhook with an unknown event', { jobs: films(1), webhook: { url: 'x', events: ['x'] } }, '/webhook/events/0'],
  ])('with %s is refused', async (_what, body, pointer) => {
    expect(await service.client.post('/v1/batches', body)).toMatchObject({
      status: 422,
      body: { errors: [{ pointer }] },
    });
  });

  it('as NDJSON is a job a line, with the options in the query', async () => {
    const post = (text: string, query: string) =>
      service.client.post<BatchView & Problem>(`/v1/batches?${query}`, text, {
        'content-type': 'application/x-ndjson',
      });
    const text = `${JSON.stringify(film(1))}\n\n${JSON.stringify(film(2))}\nno json\n`;
    expect((await post(text, '')).body.errors).toEqual([{ pointer: '/jobs/2', detail: expect.any(String) }]);
    const metadata = encodeURIComponent('{"from":"a file"}');
    const webhook = encodeURIComponent(receiver.url);
    const taken = await post(text, `on_invalid=skip&max_concurrency=1&metadata=${metadata}&webhook=${webhook}`);
    expect(taken).toMatchObject({
      status: 202,
      body: { counts: { total: 3, skipped: 1 }, max_concurrency: 1, metadata: { from: 'a file' } },
    });
    await ended(taken.body.id);
    for (const [query, pointer] of [
      ['max_concurrency=many', '/max_concurrency'],
      ['max_credits=', '/max_credits'],
      ['metadata=x', '/metadata'],
      ['speed=2', '/speed'],
    ]) {
      expect((await post(text, query ?? '')).body.errors).toMatchObject([{ pointer }]);
    }
  });

  it('of 10,000 jobs is taken in one go, once a key, and canceled in one go', async () => {
    const client = await createTenant(service);
    await service.database.sql("UPDATE tenant SET last_served_at = 'infinity' WHERE id <> 'default'");
    const body = { jobs: films(10_000), max_concurrency: 1 };
    const headers = { 'idempotency-key': 'large' };
    const first = await client.post<BatchView>('/v1/batches', body, headers);
    expect(first).toMatchObject({ status: 202, body: { counts: { total: 10_000 } } });
    const again = await client.post<BatchView>('/v1/batches', body, headers);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.body.id).toBe(first.body.id);
    await client.post(`/v1/batches/${first.body.id}/cancel`, {});
    const canceled = await ended(first.body.id, client);
    expect(canceled.status).toBe('canceled');
    expect(canceled.counts.canceled).toBeGreaterThan(9_900);
  });
});

it('max_concurrency: no more of its jobs run at once, and others are not held up by them', async () => {
  const client = await createTenant(service);
  const { id } = await submit({ jobs: films(6), max_concurrency: 2 }, client);
  const single = await client.submit({ type: 'generate', prompt: 'A fox' });
  await client.ended(single.id);
  await ended(id, client);
  const [most] = await service.database.sql<{ at_once: number }>(
    `SELECT max(at_once)::int AS at_once FROM (
       SELECT (SELECT count(*) FROM job AS other WHERE other.batch_id = job.batch_id
         AND other.started_at <= job.started_at AND other.finished_at > job.started_at) AS at_once
       FROM job WHERE batch_id = $1) AS counted`,
    [id],
  );
  expect(most).toEqual({ at_once: 2 });
  const [free] = await service.database.sql(
    `SELECT bool_and(single.started_at < job.started_at) AS overtook FROM job, job AS single
     WHERE single.id = $2 AND job.id = (SELECT max(id) FROM job WHERE batch_id = $1)`,
    [id, single.id],
  );
  expect(free).toEqual({ overtook: true });
});

it('max_credits: when they are used up the rest is canceled', async () => {
  const client = await createTenant(service);
  const { id } = await submit({ jobs: films(6), max_concurrency: 1, max_credits: 150 }, client);
  const batch = await ended(id, client);
  expect(batch).toMatchObject({ status: 'completed', max_credits: 150 });
  expect(batch.credits_used).toBeGreaterThanOrEqual(150);
  expect(batch.counts.canceled).toBeGreaterThanOrEqual(3);
  const [rest] = await service.database.sql<{ id: string }>(
    "SELECT id FROM job WHERE batch_id = $1 AND status = 'canceled' LIMIT 1",
    [id],
  );
  expect(await client.job(rest?.id ?? '')).toMatchObject({ charged: 'no', error: { code: 'batch_credit_limit' } });
});

describe('cancel', () => {
  it('keeps what is finished, ends what has not started, and tells of each job and of the batch once', async () => {
    const hook = await startReceiver();
    const webhook = { url: hook.url, events: ['job.canceled'] };
    const { id } = await submit({ jobs: films(5), max_concurrency: 1, webhook });
    await waitFor('the first job', async () => (await read(id)).counts.succeeded > 0);
    const answer = await service.client.post<BatchView>(`/v1/batches/${id}/cancel`, {});
    expect([200, 202]).toContain(answer.status);
    const batch = await ended(id);
    expect(batch.status).toBe('canceled');
    expect(batch.counts.succeeded).toBeGreaterThan(0);
    expect(batch.counts.canceled).toBeGreaterThanOrEqual(3);
    const received = await hook.waitFor(batch.counts.canceled + 1);
    const types = received.map(({ body }) => (JSON.parse(body) as { type: string }).type);
    expect(types.filter((type) => type === 'batch.completed')).toHaveLength(1);
    expect(types.filter((type) => type === 'job.canceled')).toHaveLength(batch.counts.canceled);
    expect(await service.client.post(`/v1/batches/${id}/cancel`, {})).toMatchObject({ status: 200 });
    await hook.close();
  });

  it('hands a session on that others wait for', async () => {
    const session = (await service.client.post<{ id: string }>('/v1/sessions', {})).body;
    // Nobody starts anything in this session for now.
    await service.database.sql("UPDATE session SET turn_open_until = now() + interval '1 hour' WHERE id = $1", [
      session.id,
    ]);
    const own = { session_id: session.id };
    const { id } = await submit({ jobs: films(3, own) });
    const waiting = await service.client.submit({ type: 'generate', prompt: 'A fox', ...own });
    expect(waiting.status).toBe('waiting');
    await service.client.post(`/v1/batches/${id}/cancel`, {});
    expect(await ended(id)).toMatchObject({ status: 'canceled', counts: { canceled: 3 } });
    const [holder] = await service.database.sql('SELECT holder_job_id FROM session WHERE id = $1', [session.id]);
    expect(holder).toEqual({ holder_job_id: waiting.id });
    expect((await service.client.job(waiting.id)).status).toBe('queued');
  });

  it('of a batch that is complete is refused', async () => {
    const { id } = await submit({ jobs: films(1) });
    await ended(id);
    expect(await service.client.post(`/v1/batches/${id}/cancel`, {})).toMatchObject({
      status: 409,
      body: { code: 'job_already_terminal' },
    });
  });
});

it('the assets that its jobs name are looked up together, and kept', async () => {
  const { id: asset_id } = await giveFile(service, pngFile());
  const { id } = await submit({ jobs: films(3, { assets: [{ asset_id }] }) });
  const batch = await ended(id);
  expect(batch.counts).toMatchObject({ total: 3, succeeded: 3 });
});
