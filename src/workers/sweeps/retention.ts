import type { Queryable } from '../../lib/db/database.ts';
import { type Keep, removeRecords } from '../../lib/db/retention.ts';
import type { Logger } from '../../lib/logger.ts';
import { startLoop } from '../loop.ts';

/** What is kept for weeks need not go within seconds. In ms. */
const INTERVAL_MS = 60_000;
/** Rows a statement: quick enough that nobody waits for their locks, and half a million an hour all the same. */
const BATCH = 1_000;

/** Removes what has been over for long: events, webhook messages and attempts, readings of credits, batches, sessions. */
export function startRetention(deps: { db: Queryable; keep: Keep; log: Logger }) {
  return startLoop({
    name: 'retention',
    intervalMs: INTERVAL_MS,
    log: deps.log,
    async work() {
      const { removed, more } = await removeRecords(deps.db, deps.keep, BATCH);
      if (removed > 0) deps.log.info({ records: removed }, 'old records removed');
      return more;
    },
  });
}
