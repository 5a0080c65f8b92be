import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BatchView } from '../../src/lib/domain/batch.ts';
import { films, readResults } from '../support/batches.ts';
import { startService, type TestService } from '../support/service.ts';

const JOBS = 10_000;
const none = { queued: 0, waiting: 0, running: 0, succeeded: 0, failed: 0, canceled: 0, expired: 0, skipped: 0 };

let service: TestService;

beforeAll(async () => {
  service = await startService({ workers: false });
});

afterAll(() => service?.stop());

it('the largest batch is taken in one go, once a key, and canceled in one go; its results are all there', async () => {
  const body = { jobs: films(JOBS) };
  const headers = { 'idempotency-key': 'large' };
  const first = await service.client.post<BatchView>('/v1/batches', body, headers);
  expect(first).toMatchObject({ status: 202, body: { counts: { ...none, total: JOBS, queued: JOBS } } });
  const { id } = first.body;

  const again = await service.client.post<BatchView>('/v1/batches', body, headers);
  expect([again.body.id, again.headers['idempotent-replayed']]).toEqual([id, 'true']);

  const canceled = await service.client.post<BatchView>(`/v1/batches/${id}/cancel`, {});
  expect(canceled).toMatchObject({
    status: 200,
    body: { status: 'canceled', counts: { ...none, total: JOBS, canceled: JOBS }, finished_at: expect.any(String) },
  });
  const results = await readResults(service.client, id);
  expect(results.map((line) => line.custom_id)).toEqual(body.jobs.map((job) => job.custom_id));
});
