import { readdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { removeRecords } from '../../src/lib/db/retention.ts';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { batchEnded, film, readBatch, submitBatch } from '../support/batches.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

/** Removal looks at the ids: as if all had been made so long ago, a time in the future is the border. In ms. */
const HOUR_MS = 3_600_000;
let service: TestService;

beforeAll(async () => {
  service = await startService({ workers: false });
});

afterAll(() => service?.stop());

const stored = async () => {
  const files = await readdir(path.join(String(service.env.DATA_DIR), 'assets'));
  return files.filter((name) => name !== 'incoming');
};

it('what has been over for long goes, with its files; what is open stays', async () => {
  const first = await service.startWorkers();
  const done = await service.client.submit({ type: 'generate', prompt: 'An old clip #render-no-url', export: true });
  expect(await service.client.ended(done.id)).toMatchObject({ status: 'succeeded' });
  expect(await stored()).toHaveLength(1);
  const batch = await submitBatch(service.client, { jobs: [film(1)] });
  await batchEnded(service.client, batch.id);
  await first.stop();
  const { id: unfinished } = await submitBatch(service.client, { jobs: [film(2)] });
  const [open] = (await service.client.get<{ data: JobView[] }>(`/v1/jobs?batch_id=${unfinished}`)).body.data;

  const shortest = { EVENT_RETENTION: '1ms', WEBHOOK_RETRY_SCHEDULE: '0s', JOB_RETENTION: '1ms' };
  Object.assign(service.env, shortest, { TENANT_CONCURRENCY: '1' });
  await service.database.sql("UPDATE job SET dispatch_no = 1, dispatched_at = now() + interval '1 day' WHERE id = $1", [
    open?.id,
  ]);
  await service.startWorkers();
  await waitFor('the removal', async () => (await service.client.get(`/v1/jobs/${done.id}`)).status === 404);
  expect(await stored()).toEqual([]);
  expect(await service.client.job(open?.id ?? '')).toMatchObject({ status: 'queued' });
  await waitFor('the batch', async () => (await service.client.get(`/v1/batches/${batch.id}`)).status === 404);
  expect(await readBatch(service.client, unfinished)).toMatchObject({ status: 'in_progress' });
  for (const table of ['render', 'credit_snapshot', 'webhook_message', 'webhook_attempt'])
    expect(await service.database.sql(`SELECT id FROM ${table}`), table).toEqual([]);
});

it('a session goes after its last job, with its uploads; one that has a name, is used or is new stays', async () => {
  const quiet = await startService({ workers: false });
  onTestFinished(() => quiet.stop());
  const { client, database } = quiet;
  const make = async (name?: string) => {
    const { id } = (await client.post<{ id: string }>('/v1/sessions', name === undefined ? {} : { name })).body;
    await database.sql(
      `INSERT INTO upload (session_id, upstream_id, source, job_id, name, state) VALUES ($1, 'u', 's', 'j', 'n', 'done')`,
      [id],
    );
    return id;
  };
  const [unused, named, used, closing] = [await make(), await make('Our brand'), await make(), await make()];
  await client.submit({ type: 'generate', prompt: 'A fox', session_id: used });
  await database.sql("UPDATE session SET turn_open_until = now() + interval '1 minute' WHERE id = $1", [closing]);
  const { id: ended, session_id: own } = await client.submit({ type: 'generate', prompt: 'A fox' });
  await client.post(`/v1/jobs/${ended}/cancel`, {});
  const keep = { eventsMs: HOUR_MS, jobsMs: HOUR_MS };
  const left = async () => ({
    sessions: (await client.get<{ data: { id: string }[] }>('/v1/sessions')).body.data.map(({ id }) => id).sort(),
    uploads: (await database.sql<{ id: string }>('SELECT session_id AS id FROM upload')).map(({ id }) => id).sort(),
  });
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  onTestFinished(() => pool.end());

  await removeRecords(pool, keep, 10);
  const all = [unused, named, used, closing].sort();
  expect(await left()).toEqual({ sessions: [...all, own].sort(), uploads: all });
  await removeRecords(pool, { ...keep, jobsMs: -HOUR_MS }, 10);
  expect(await left()).toEqual({
    sessions: [named, used, closing, own].sort(),
    uploads: [named, used, closing].sort(),
  });
  await database.sql('UPDATE session SET holder_job_id = NULL');
  await database.sql('DELETE FROM job');
  await removeRecords(pool, { ...keep, jobsMs: -HOUR_MS }, 10);
  expect(await left()).toEqual({ sessions: [named, closing].sort(), uploads: [named, closing].sort() });
});

it('a client that has seen every event goes on from the last one, however old it is', async () => {
  const quiet = await startService({ workers: false });
  onTestFinished(() => quiet.stop());
  const { client, database } = quiet;
  const pool = new pg.Pool({ connectionString: database.url, max: 1 });
  onTestFinished(() => pool.end());
  const end = async () => {
    const { id } = await client.submit({ type: 'generate', prompt: 'A fox' });
    await client.post(`/v1/jobs/${id}/cancel`, {});
  };
  type Page = { data: { id: string }[] };
  const pull = async (after = '') => (await client.get<Page>(`/v1/events${after && `?starting_after=${after}`}`)).body;
  for (const _ of Array(3)) await end();
  const cursor = (await pull()).data.at(-1)?.id ?? '';
  const keep = { eventsMs: -HOUR_MS, jobsMs: HOUR_MS };

  await removeRecords(pool, keep, 100);
  expect(await database.sql('SELECT id FROM event')).toEqual([{ id: cursor }]);
  expect(await pull(cursor)).toMatchObject({ data: [] });
  await end();
  const [between] = await database.sql<{ ms: number }>(
    'SELECT extract(epoch FROM min(at) + (max(at) - min(at)) / 2)::float8 * 1000 AS ms FROM event',
  );
  await removeRecords(pool, { ...keep, eventsMs: Date.now() - Number(between?.ms) }, 100);
  expect((await pull(cursor)).data).toHaveLength(1);
});
