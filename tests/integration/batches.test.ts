import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BatchView } from '../../src/lib/domain/batch.ts';
import { newId } from '../../src/lib/ids.ts';
import { batchEnded, film, films, readResults, submitBatch } from '../support/batches.ts';
import { giveFile, pngFile } from '../support/files.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTenant } from '../support/tenants.ts';
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

describe('a batch', () => {
  let accepted: BatchView;
  let batch: BatchView;

  beforeAll(async () => {
    const webhook = { url: receiver.url };
    accepted = await submitBatch(service.client, { jobs: films(4), webhook, metadata: { campaign: 'autumn' } });
    batch = await batchEnded(service.client, accepted.id);
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
    const lines = await readResults(service.client, batch.id);
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
    const newer = await submitBatch(service.client, { jobs: films(1) });
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
        film('no id', { session_id: 'x' }),
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
      '/jobs/8/session_id',
      '/jobs/9/client_reference',
      '/jobs/11/client_reference',
      '/jobs/12/metadata/a~1b',
    ]);
    const [after] = await service.database.sql('SELECT count(*) - 1 AS count FROM job');
    expect(after).toEqual(before);
  });

  it('with many faults is told one of every bad item, and how many there are besides', async () => {
    const bad = Array.from({ length: 60 }, (_, index) => film(index, { prompt: '', priority: 1_000 }));
    const answer = await service.client.post<Problem>('/v1/batches', { jobs: [film('good'), ...bad] });
    expect(answer.body.errors?.map(({ pointer }) => pointer.split('/')[2])).toEqual(bad.map((_, at) => String(at + 1)));
    expect(answer.body.detail).toMatch('there are 60 more');
    const fields = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`x${index}`, 1]));
    const one = await submitBatch(service.client, { on_invalid: 'skip', jobs: [film('odd', fields)] });
    const [line] = await readResults(service.client, one.id);
    expect(line?.error?.message.match(/There is no such field/g)).toHaveLength(100);
  });

  it('with on_invalid: skip goes without them; they are in the results', async () => {
    const { id, counts } = await submitBatch(service.client, {
      on_invalid: 'skip',
      jobs: [film('bad', { prompt: '' }), film('good'), { type: 'generate' }],
    });
    expect(counts).toMatchObject({ total: 3, skipped: 2 });
    await batchEnded(service.client, id);
    expect(await readResults(service.client, id)).toMatchObject([
      { custom_id: 'film-bad', job_id: null, status: 'skipped', error: { code: 'validation_failed' }, charged: 'no' },
      { custom_id: null, job_id: null, status: 'skipped' },
      { custom_id: 'film-good', status: 'succeeded' },
    ]);
  });

  it('a bad item that is skipped leaves its client reference to a good one', async () => {
    const client_reference = newId('req');
    const bad = film('bad', { client_reference, assets: [{ asset_id: newId('ast') }] });
    const jobs = [bad, ...['good', 'late'].map((name) => film(name, { client_reference }))];
    expect((await submitBatch(service.client, { on_invalid: 'skip', jobs })).counts).toMatchObject({ skipped: 2 });
  });

  it('with nothing but bad items to skip is complete at once', async () => {
    const { id } = await submitBatch(service.client, { on_invalid: 'skip', jobs: [{}] });
    expect(await batchEnded(service.client, id)).toMatchObject({
      status: 'completed',
      counts: { total: 1, skipped: 1 },
    });
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
    await batchEnded(service.client, taken.body.id);
    for (const [query, pointer] of [
      ['max_concurrency=many', '/max_concurrency'],
      ['max_credits=', '/max_credits'],
      ['metadata=x', '/metadata'],
      ['speed=2', '/speed'],
    ]) {
      expect((await post(text, query ?? '')).body.errors).toMatchObject([{ pointer }]);
    }
  });
});

it('the assets that its jobs name are looked up together, and kept', async () => {
  const { id: asset_id } = await giveFile(service, pngFile());
  const { id } = await submitBatch(service.client, { jobs: films(3, { assets: [{ asset_id }] }) });
  const batch = await batchEnded(service.client, id);
  expect(batch.counts).toMatchObject({ total: 3, succeeded: 3 });
});
