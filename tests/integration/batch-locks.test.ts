import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '../../src/lib/ids.ts';
import { film, films } from '../support/batches.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService({ workers: false });
});

afterAll(() => service?.stop());

/** How many statements wait for somebody's lock. */
async function waiting(): Promise<number> {
  const rows = await service.database.sql<{ count: number }>(
    "SELECT count(*)::int AS count FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
  );
  return rows[0]?.count ?? 0;
}

it('a batch and another request with the same client references wait for each other in one order only', async () => {
  const first = await service.client.submit({ type: 'generate', prompt: 'A fox' });
  const holder = new pg.Client({ connectionString: service.database.url });
  await holder.connect();
  await holder.query('BEGIN');
  // Somebody who has not committed yet holds the reference "1", and with it the large batch.
  await holder.query('INSERT INTO job SELECT (jsonb_populate_record(job, $2)).* FROM job WHERE id = $1', [
    first.id,
    JSON.stringify({ id: newId('job'), session_id: newId('ses'), client_reference: '1' }),
  ]);
  // More than one statement takes: "z" is in the first one, what is smaller in the second.
  const jobs = [film('z', { client_reference: 'z' }), ...films(1_000), film('a', { client_reference: 'a' })];
  const large = service.client.post('/v1/batches', { jobs: [...jobs, film('first', { client_reference: '1' })] });
  await waitFor('the large batch', async () => (await waiting()) === 1);
  const small = service.client.post('/v1/batches', {
    jobs: [film('a', { client_reference: 'a' }), film('z', { client_reference: 'z' })],
  });
  // It is through, or waits for the large one.
  const through = small.then(() => true);
  await waitFor('the small batch', async () => (await Promise.race([through, waiting()])) !== 1);
  await holder.query('ROLLBACK');
  await holder.end();
  expect((await small).status).toBe(202);
  expect(await large).toMatchObject({ status: 409, body: { code: 'client_reference_used' } });
});

it('a job that a worker has started while its batch is being canceled is left to the worker', async () => {
  const session = (await service.client.post<{ id: string }>('/v1/sessions', {})).body;
  const own = { session_id: session.id };
  const batch = (await service.client.post<{ id: string }>('/v1/batches', { jobs: films(1, own) })).body;
  const heir = await service.client.submit({ type: 'generate', prompt: 'Behind it', ...own });
  const worker = new pg.Client({ connectionString: service.database.url });
  await worker.connect();
  await worker.query('BEGIN');
  await worker.query('SELECT 1 FROM session WHERE id = $1 FOR UPDATE', [session.id]);
  const canceled = service.client.post(`/v1/batches/${batch.id}/cancel`, {});
  await waitFor('the cancel', async () => (await waiting()) === 1);
  // It has slept since: nobody owns it now.
  await worker.query("UPDATE job SET started_at = now(), status = 'waiting', seq = seq + 1 WHERE batch_id = $1", [
    batch.id,
  ]);
  await worker.query('COMMIT');
  await worker.end();
  expect((await canceled).status).toBe(202);
  expect(await service.database.sql('SELECT finished_at FROM job WHERE batch_id = $1', [batch.id])).toEqual([
    { finished_at: null },
  ]);
  expect((await service.client.job(heir.id)).status).toBe('waiting');
});
