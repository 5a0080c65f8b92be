import { afterAll, beforeAll, expect, it } from 'vitest';
import { claimJobs } from '../../src/lib/db/claims.ts';
import { giveBack } from '../../src/lib/db/give-back.ts';
import { type ClaimedJobs, startClaimedJobs } from '../support/claimed-jobs.ts';

let here: ClaimedJobs;
beforeAll(async () => {
  here = await startClaimedJobs();
});
afterAll(() => here?.stop());

it('jobs are given back together, so that their entries can be taken up at once; what was lost is left alone', async () => {
  const [own, taken, ended] = [await here.claimed(), await here.claimed(), await here.claimed()];
  await here.service.database.sql("UPDATE job SET owner = 'another' WHERE id = $1", [taken.id]);
  await here.service.database.sql(`UPDATE job SET finished_at = now() WHERE id = $1`, [ended.id]);
  const progress = { ...own.progress, message: 'as far as it came' };

  const given = await giveBack(
    here.db.pool,
    [own, taken, ended].map((job) => ({ job, progress })),
  );
  expect(given).toEqual([true, false, false]);
  const rows = await here.service.database.sql(
    `SELECT id, owner, lease_until IS NULL AS is_free, progress->>'message' = 'as far as it came' AS is_kept FROM job`,
  );
  expect(rows).toHaveLength(3);
  expect(rows).toContainEqual({ id: own.id, owner: null, is_free: true, is_kept: true });
  const [again] = await claimJobs(here.db.pool, [{ jobId: own.id, dispatchNo: 1 }], {
    worker: 'another',
    nemoTokenHash: null,
  });
  expect(again).toMatchObject({ kind: 'claimed', job: { epoch: own.epoch + 1 } });
  const [kept] = await claimJobs(here.db.pool, [{ jobId: taken.id, dispatchNo: 1 }], {
    worker: 'another',
    nemoTokenHash: null,
  });
  expect(kept?.kind).toBe('later');
});
