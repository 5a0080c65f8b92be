import { afterAll, beforeAll, expect, it } from 'vitest';
import { claimJobs } from '../../src/lib/db/claims.ts';
import { type Database, openDatabase } from '../../src/lib/db/database.ts';
import { markDispatched } from '../../src/lib/db/dispatch.ts';
import { giveBack } from '../../src/lib/db/give-back.ts';
import type { JobRecord } from '../../src/lib/domain/job.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
let db: Database;
beforeAll(async () => {
  service = await startService({ workers: false });
  db = openDatabase(service.database.url, { poolSize: 2, onError: () => undefined });
});
afterAll(async () => {
  await db?.close();
  await service?.stop();
});

async function claimed(): Promise<JobRecord> {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A film whose worker stops' });
  await markDispatched(db.pool, { limit: 10, tenantConcurrency: 10 });
  const [claim] = await claimJobs(db.pool, [{ jobId: id, dispatchNo: 1 }], 'me');
  if (claim?.kind !== 'claimed') throw new Error('not claimed');
  return claim.job;
}

it('jobs are given back together, so that their entries can be taken up at once; what was lost is left alone', async () => {
  const [own, taken, ended] = [await claimed(), await claimed(), await claimed()];
  await service.database.sql("UPDATE job SET owner = 'another' WHERE id = $1", [taken.id]);
  await service.database.sql(`UPDATE job SET finished_at = now() WHERE id = $1`, [ended.id]);
  const progress = { ...own.progress, message: 'as far as it came' };

  const given = await giveBack(
    db.pool,
    [own, taken, ended].map((job) => ({ job, progress })),
  );
  expect(given).toEqual([true, false, false]);
  const rows = await service.database.sql(
    `SELECT id, owner, lease_until IS NULL AS is_free, progress->>'message' = 'as far as it came' AS is_kept FROM job`,
  );
  expect(rows).toHaveLength(3);
  expect(rows).toContainEqual({ id: own.id, owner: null, is_free: true, is_kept: true });
  const [again] = await claimJobs(db.pool, [{ jobId: own.id, dispatchNo: 1 }], 'another');
  expect(again).toMatchObject({ kind: 'claimed', job: { epoch: own.epoch + 1 } });
  const [kept] = await claimJobs(db.pool, [{ jobId: taken.id, dispatchNo: 1 }], 'another');
  expect(kept?.kind).toBe('leased');
});
