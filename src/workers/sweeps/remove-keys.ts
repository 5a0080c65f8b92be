import type { Queryable } from '../../lib/db/database.ts';
import { removeExpiredKeys } from '../../lib/db/idempotency-keys.ts';
import type { Logger } from '../../lib/logger.ts';
import { startLoop } from '../loop.ts';

/** An expired key is as good as gone already: whoever uses it again frees it. In ms. */
const INTERVAL_MS = 60_000;
/** Keys a statement: tens of milliseconds. */
const BATCH = 5_000;

/** Removes the idempotency keys of yesterday. */
export function startKeyRemoval(deps: { db: Queryable; log: Logger }) {
  return startLoop({
    name: 'key removal',
    intervalMs: INTERVAL_MS,
    log: deps.log,
    work: async () => (await removeExpiredKeys(deps.db, BATCH)) === BATCH,
  });
}
