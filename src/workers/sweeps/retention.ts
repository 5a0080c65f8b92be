import type pg from 'pg';
import { createFileRemoval } from '../../lib/assets/remove-files.ts';
import type { AssetStore } from '../../lib/assets/store.ts';
import { type Keep, removeJobs, removeRecords } from '../../lib/db/retention.ts';
import type { Logger } from '../../lib/logger.ts';
import { startLoop } from '../loop.ts';

/** What is kept for weeks need not go within seconds. In ms. */
const INTERVAL_MS = 60_000;
/** Rows a statement: quick enough that nobody waits for their locks, and half a million an hour all the same. */
const BATCH = 1_000;

/** Removes what has been over for long: jobs with their renders, then batches, events, webhook messages and attempts. */
export function startRetention(deps: { db: pg.Pool; store: AssetStore; keep: Keep; log: Logger }) {
  const removeFiles = createFileRemoval(deps.store, deps.log);
  return startLoop({
    name: 'retention',
    intervalMs: INTERVAL_MS,
    log: deps.log,
    async work() {
      const jobs = await removeJobs(deps.db, deps.keep.jobsMs, BATCH, removeFiles);
      const records = await removeRecords(deps.db, deps.keep, BATCH);
      if (records.removed + jobs.removed > 0)
        deps.log.info({ records: records.removed, jobs: jobs.removed }, 'old records removed');
      return records.more || (jobs.found === BATCH && jobs.removed > 0);
    },
  });
}
