import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findBatchesToStop } from '../../src/lib/db/batches.ts';
import { openDatabase } from '../../src/lib/db/database.ts';
import type { BatchView } from '../../src/lib/domain/batch.ts';
import { batchEnded, films, readBatch, submitBatch } from '../support/batches.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTenant } from '../support/tenants.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver } from '../support/webhook-receiver.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service?.stop());

it('max_concurrency: no more of its jobs run at once, and others are not held up by them', async () => {
  // Two dispatchers, each of which must see what the other has marked.
  const second = await service.startWorkers();
  const client = await createTenant(service);
  const { id } = await submitBatch(client, { jobs: films(6), max_concurrency: 2 });
  const single = await client.submit({ type: 'generate', prompt: 'A fox' });
  await client.ended(single.id);
  await batchEnded(client, id);
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
  await second.stop();
});

it('max_credits: when they are used up the rest is canceled', async () => {
  const client = await createTenant(service);
  const { id } = await submitBatch(client, { jobs: films(6), max_concurrency: 1, max_credits: 150 });
  const batch = await batchEnded(client, id);
  expect(batch).toMatchObject({ status: 'completed', max_credits: 150 });
  expect(batch.credits_used).toBeGreaterThanOrEqual(150);
  expect(batch.counts.canceled).toBeGreaterThanOrEqual(3);
  const [rest] = await service.database.sql<{ id: string }>(
    "SELECT id FROM job WHERE batch_id = $1 AND status = 'canceled' LIMIT 1",
    [id],
  );
  expect(await client.job(rest?.id ?? '')).toMatchObject({ charged: 'no', error: { code: 'batch_credit_limit' } });
});

it('max_credits: what jobs that overlap have spent counts once', async () => {
  const client = await createTenant(service);
  // Each costs 100, and is told to have cost up to what all twenty at work have spent meanwhile.
  const { id } = await submitBatch(client, { jobs: films(40), max_credits: 4_500 });
  const batch = await batchEnded(client, id);
  expect(batch.counts.succeeded).toBe(40);
  expect(batch.credits_used).toBeGreaterThan(4_500);
});

it('max_credits: where no reading of a balance was kept, the charges decide', async () => {
  const idle = await startService({ workers: false });
  const db = openDatabase(idle.database.url, { poolSize: 1, onError: () => undefined });
  const { id } = await submitBatch(idle.client, { jobs: films(3), max_credits: 150 });
  const toStopAfter = async (charged: number) => {
    await idle.database.sql("UPDATE job SET cost = $1 WHERE custom_id = 'film-0'", [JSON.stringify({ charged })]);
    return findBatchesToStop(db.pool, [id]);
  };
  expect(await toStopAfter(149)).toEqual([]);
  expect(await toStopAfter(150)).toEqual([{ id, cancelled: false }]);
  await db.close();
  await idle.stop();
});

describe('cancel', () => {
  it('keeps what is finished, ends what has not started, and tells of each job and of the batch once', async () => {
    const hook = await startReceiver();
    const webhook = { url: hook.url, events: ['job.canceled'] };
    const { id } = await submitBatch(service.client, { jobs: films(5), max_concurrency: 1, webhook });
    await waitFor('the first job', async () => (await readBatch(service.client, id)).counts.succeeded > 0);
    const answer = await service.client.post<BatchView>(`/v1/batches/${id}/cancel`, {});
    expect([200, 202]).toContain(answer.status);
    const batch = await batchEnded(service.client, id);
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
    const { id } = await submitBatch(service.client, { jobs: films(3, own) });
    const waiting = await service.client.submit({ type: 'generate', prompt: 'A fox', ...own });
    expect(waiting.status).toBe('waiting');
    await service.client.post(`/v1/batches/${id}/cancel`, {});
    expect(await batchEnded(service.client, id)).toMatchObject({ status: 'canceled', counts: { canceled: 3 } });
    const [holder] = await service.database.sql('SELECT holder_job_id FROM session WHERE id = $1', [session.id]);
    expect(holder).toEqual({ holder_job_id: waiting.id });
    expect((await service.client.job(waiting.id)).status).toBe('queued');
  });

  it('of a batch that is complete is refused', async () => {
    const { id } = await submitBatch(service.client, { jobs: films(1) });
    await batchEnded(service.client, id);
    expect(await service.client.post(`/v1/batches/${id}/cancel`, {})).toMatchObject({
      status: 409,
      body: { code: 'job_already_terminal' },
    });
  });
});
