import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { batchEnded, film, readBatch, submitBatch } from '../support/batches.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

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

  Object.assign(service.env, { EVENT_RETENTION: '1ms', JOB_RETENTION: '1ms', TENANT_CONCURRENCY: '1' });
  await service.database.sql("UPDATE job SET dispatch_no = 1, dispatched_at = now() + interval '1 day' WHERE id = $1", [
    open?.id,
  ]);
  await service.startWorkers();
  await waitFor('the removal', async () => (await service.client.get(`/v1/jobs/${done.id}`)).status === 404);
  expect(await stored()).toEqual([]);
  expect(await service.client.job(open?.id ?? '')).toMatchObject({ status: 'queued' });
  await waitFor('the batch', async () => (await service.client.get(`/v1/batches/${batch.id}`)).status === 404);
  expect(await readBatch(service.client, unfinished)).toMatchObject({ status: 'in_progress' });
  for (const table of ['render', 'event', 'credit_snapshot', 'webhook_message', 'webhook_attempt'])
    expect(await service.database.sql(`SELECT id FROM ${table}`), table).toEqual([]);
});
