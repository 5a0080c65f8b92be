import { afterAll, beforeAll, expect, it } from 'vitest';
import { claimJobs } from '../../src/lib/db/claims.ts';
import { type Database, openDatabase } from '../../src/lib/db/database.ts';
import { markDispatched } from '../../src/lib/db/dispatch.ts';
import { parkAgain } from '../../src/lib/db/park-again.ts';
import type { JobRecord } from '../../src/lib/domain/job.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
let db: Database;
beforeAll(async () => {
  service = await startService({ workers: false });
  db = openDatabase(service.database.url, { poolSize: 2, onError: () => undefined });
});
afterAll(async () => {
  await db.close();
  await service.stop();
});

async function claimed(): Promise<JobRecord> {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A film that is waited for' });
  await markDispatched(db.pool, { limit: 10, tenantConcurrency: 10 });
  const [claim] = await claimJobs(db.pool, [{ jobId: id, dispatchNo: 1 }], 'me');
  if (claim?.kind !== 'claimed') throw new Error('not claimed');
  return claim.job;
}

const parked = (job: JobRecord) => ({ job, progress: { ...job.progress, percent: 40 }, dueInMs: 60_000 });

it('gives jobs back until their next look, those that are still as they are known', async () => {
  const known = await claimed();
  const changed = await claimed();
  const canceled = await claimed();
  const taken = await claimed();
  await service.database.sql('UPDATE job SET seq = seq + 1 WHERE id = $1', [changed.id]);
  await service.database.sql('UPDATE job SET cancel_requested_at = now() WHERE id = $1', [canceled.id]);
  await service.database.sql("UPDATE job SET owner = 'another' WHERE id = $1", [taken.id]);

  const all = [known, changed, canceled, taken].map(parked);
  expect(await parkAgain(db.pool, all)).toEqual([true, false, false, false]);
  const rows = await service.database.sql(
    `SELECT id, owner IS NULL AS given_back, progress->>'percent' AS percent,
       due_at > now() + interval '50 s' AS later FROM job ORDER BY id`,
  );
  const others = [changed, canceled, taken].map(({ id }) => ({ id, given_back: false, percent: null, later: false }));
  expect(rows).toEqual([{ id: known.id, given_back: true, percent: '40', later: true }, ...others]);
});

it('a deadline that comes before ends the sleep', async () => {
  const job = await claimed();
  await service.database.sql("UPDATE job SET deadline_at = now() + interval '5 s' WHERE id = $1", [job.id]);
  expect(await parkAgain(db.pool, [parked(job)])).toEqual([true]);
  const [row] = await service.database.sql('SELECT due_at = deadline_at AS due FROM job WHERE id = $1', [job.id]);
  expect(row).toEqual({ due: true });
});
