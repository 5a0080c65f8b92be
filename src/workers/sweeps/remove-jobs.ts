import { createFileRemoval } from '../../lib/assets/remove-files.ts';
import type { AssetStore } from '../../lib/assets/store.ts';
import type { Queryable } from '../../lib/db/database.ts';
import { removeJobs } from '../../lib/db/retention.ts';
import type { Logger } from '../../lib/logger.ts';
import { startLoop } from '../loop.ts';

/** What is kept for weeks need not go within seconds. In ms. */
const INTERVAL_MS = 60_000;
/** Jobs a round: quick enough that nobody waits for their locks, and half a million an hour all the same. */
const BATCH = 1_000;

/**
 * Removes the jobs that ended long ago, with their renders and finished files.
 * @param deps.onRemoved there may be batches and sessions that have no job any more.
 */
export function startJobRemoval(deps: {
  db: Queryable;
  store: AssetStore;
  keepMs: number;
  log: Logger;
  onRemoved(): void;
}) {
  const removeFiles = createFileRemoval(deps.store, deps.log);
  // Those whose files cannot be removed are passed by, until all others have had their turn.
  let after = '';
  return startLoop({
    name: 'job removal',
    intervalMs: INTERVAL_MS,
    log: deps.log,
    async work() {
      const { removed, last } = await removeJobs(deps.db, { keepMs: deps.keepMs, after, limit: BATCH }, removeFiles);
      after = last ?? '';
      if (removed > 0) {
        deps.log.info({ removed }, 'old jobs removed');
        deps.onRemoved();
      }
      return last !== null && removed > 0;
    },
  });
}
