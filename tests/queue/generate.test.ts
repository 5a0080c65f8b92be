import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { startService, type TestService } from '../support/service.ts';
import { startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

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

describe('a generate job with export', () => {
  let accepted: JobView;
  let job: JobView;

  beforeAll(async () => {
    accepted = await service.client.submit({
      type: 'generate',
      skill: 'pika-labs',
      prompt: 'A red fox in deep snow',
      export: true,
      webhook: { url: receiver.url },
      metadata: { order: '42' },
    });
    job = await service.client.ended(accepted.id);
  });

  it('is accepted as queued, in a session of its own', () => {
    expect(accepted).toMatchObject({
      object: 'job',
      status: 'queued',
      phase: null,
      seq: 1,
      skill: 'pika-labs',
      metadata: { order: '42' },
      input: { prompt: 'A red fox in deep snow', export: { format: 'mp4', quality: 'high' } },
      result: null,
      error: null,
      charged: 'no',
      cost: { before: null, after: null, charged: 0, certainty: 'none' },
      links: { self: `/v1/jobs/${accepted.id}` },
    });
    expect(accepted.session_id).toMatch(/^ses_/);
  });

  it('ends with words, changes, timeline, media and a finished file that was looked at', () => {
    expect(job).toMatchObject({ status: 'succeeded', phase: 'verify', error: null, waiting: null });
    expect(job.result?.text).toMatch(/ready/i);
    expect(job.result?.text).not.toMatch(/click/i);
    expect(job.result?.suggested_actions).toContainEqual(expect.objectContaining({ action: 'export' }));
    expect(job.result?.changes).toContainEqual(expect.objectContaining({ op: 'add', track: 'video' }));
    expect(job.result?.timeline.summary).toMatch(/^Timeline \(\d tracks\): 1\. Video: /);
    expect(job.result?.media[0]).toMatchObject({ kind: 'video', url: expect.stringContaining('/files/') });
    expect(job.result?.workspace_url).toMatch(/\/workspace\/claim\?ct=clm_/);
    expect(job.result?.output).toMatchObject({
      format: 'mp4',
      content_type: 'video/mp4',
      verified: true,
      render_id: expect.stringMatching(/^render_/),
    });
    expect(job.result?.output?.bytes).toBeGreaterThan(1000);
  });

  it('says what it cost', () => {
    expect(job.charged).toBe('yes');
    expect(job.cost).toMatchObject({ certainty: 'exact', charged: 100 });
    expect(job.cost.before && job.cost.after && job.cost.before.total - job.cost.after.total).toBe(100);
  });

  it('sent its message once and its render once, with all attribution headers', async () => {
    const log = await service.sandbox.log();
    expect(log.messages.filter((message) => message.text === 'A red fox in deep snow')).toHaveLength(1);
    expect(log.renders.filter((render) => render.id === job.result?.output?.render_id)).toMatchObject([{ submits: 1 }]);
    expect(log.missing_headers).toEqual([]);
  });

  it('tells its webhook once, signed to Standard Webhooks', async () => {
    const [received] = await receiver.waitFor(1);
    const { secret } = (await service.client.get<{ secret: string }>('/v1/webhook-secret')).body;
    const headers = received?.headers as Record<string, string>;
    const event = new Webhook(secret).verify(received?.body ?? '', headers) as { type: string; data: JobView };
    expect(event).toMatchObject({ type: 'job.succeeded', timestamp: expect.stringMatching(/Z$/) });
    expect(event.data).toEqual(job);
    expect(headers['user-agent']).toMatch(/^reelay\//);
    expect(receiver.received).toHaveLength(1);
  });

  it('keeps its history: one event a visible change, numbered without a gap', async () => {
    const events = await service.database.sql<{ seq: number; type: string; phase: string | null }>(
      'SELECT seq, type, phase FROM event WHERE job_id = $1 ORDER BY seq',
      [job.id],
    );
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.map(({ type, phase }) => `${type} ${phase}`)).toEqual([
      'job.queued null',
      'job.started session',
      'job.phase converse',
      'job.preview_ready converse',
      'job.phase render',
      'job.waiting render',
      'job.phase verify',
      'job.succeeded verify',
    ]);
    expect(job.seq).toBe(events.length);
  });

  it('answers 304 to a client that has seen it', async () => {
    const first = await service.client.get(`/v1/jobs/${job.id}`);
    expect(first.headers.etag).toBe(`"${job.seq}"`);
    const again = await service.client.get(`/v1/jobs/${job.id}`, { 'if-none-match': `"${job.seq}"` });
    expect(again.status).toBe(304);
  });
});

it('a generate job without export ends after the conversation', async () => {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A quiet lake' });
  const job = await service.client.ended(id);
  expect(job).toMatchObject({ status: 'succeeded', phase: 'converse', result: { output: null } });
});

it('a question is answered with text and no changes', async () => {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'What can you do for me?' });
  const job = await service.client.ended(id);
  expect(job).toMatchObject({ status: 'succeeded', result: { changes: [] } });
  expect(job.result?.text).not.toBe('');
});

it('an export job renders what an earlier job left in the session', async () => {
  const first = await service.client.ended(
    (await service.client.submit({ type: 'generate', prompt: 'A stormy sea' })).id,
  );
  const { id } = await service.client.submit({
    type: 'export',
    session_id: first.session_id,
    format: 'mov',
    quality: 'low',
  });
  const job = await service.client.ended(id);
  expect(job).toMatchObject({
    status: 'succeeded',
    charged: 'no',
    cost: { charged: 0, certainty: 'none' },
    result: { text: '', changes: [], output: { format: 'mov', verified: true } },
  });
});

it('what a person changed in the browser meanwhile is not told as the work of the message', async () => {
  const { id, session_id } = await service.client.submit({ type: 'generate', prompt: 'A market at dawn' });
  const made = await service.client.ended(id);
  // As if all of that had been made in the browser: what we knew of the session was empty.
  await service.database.sql('UPDATE session SET state = NULL WHERE id = $1', [session_id]);
  const edit = await service.client.submit({ type: 'generate', prompt: 'Add a title', session_id });
  const changes = (await service.client.ended(edit.id)).result?.changes ?? [];
  expect(changes).not.toEqual([]);
  for (const change of made.result?.changes ?? []) expect(changes).not.toContainEqual(change);
});

it('jobs of one session run one after another, in order of creation', async () => {
  const first = await service.client.submit({ type: 'generate', prompt: 'A market at dawn' });
  const second = await service.client.submit({ type: 'generate', prompt: 'Add a title', session_id: first.session_id });
  const third = await service.client.submit({ type: 'export', session_id: first.session_id });
  expect(second).toMatchObject({ status: 'waiting', waiting: { reason: 'session', until: null } });
  const ended = await Promise.all([first, second, third].map((job) => service.client.ended(job.id)));
  expect(ended.map((job) => job.status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
  const [one, two, three] = ended.map((job) => ({ from: job.started_at ?? '', to: job.finished_at ?? '' }));
  expect(one && two && three && one.to <= two.from && two.to <= three.from).toBe(true);
  expect((await service.sandbox.log()).overlapping).toBe(0);
});

it('the raw video is told of as soon as it is there, while the agent goes on', async () => {
  const hook = await startReceiver();
  const webhook = { url: hook.url, events: ['job.preview_ready', 'job.succeeded'] };
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A waterfall', webhook });
  const received = (await hook.waitFor(2)).map(({ body }) => JSON.parse(body) as { type: string; data: JobView });
  const preview = received.find(({ type }) => type === 'job.preview_ready')?.data;
  const ended = received.find(({ type }) => type === 'job.succeeded')?.data;
  expect(preview).toMatchObject({ id, status: 'running', phase: 'converse', charged: 'unknown' });
  expect(preview?.result?.media).toMatchObject([{ kind: 'video' }]);
  expect(preview?.result?.timeline.tracks.length).toBeLessThan(ended?.result?.timeline.tracks.length ?? 0);
  await hook.close();
});

it('the language is that of the prompt, and options are written into the message', async () => {
  const options = { model: '2.0', aspect_ratio: '9:16', duration_seconds: 8 };
  const { id } = await service.client.submit({ type: 'generate', prompt: '一只在雪地里的狐狸', options });
  const job = await service.client.ended(id);
  expect(job.input).toMatchObject({ language: 'zh-CN', options });
  const session = await service.database.sql('SELECT language FROM session WHERE id = $1', [job.session_id]);
  expect(session).toEqual([{ language: 'zh-CN' }]);
  const { messages } = await service.sandbox.log();
  const sent = messages.find((message) => message.text.includes('狐狸'))?.text;
  expect(sent).toMatch(/^一只在雪地里的狐狸/);
  for (const word of ['2.0', '9:16', '8']) expect(sent).toContain(word);
});
