import { createFileRemoval } from '../../lib/assets/remove-files.ts';
import type { AssetStore } from '../../lib/assets/store.ts';
import { removeAssets } from '../../lib/db/assets.ts';
import type { Queryable } from '../../lib/db/database.ts';
import type { Logger } from '../../lib/logger.ts';
import { startLoop } from '../loop.ts';

/** What clients delete and what nobody used for days need not go within seconds. In ms. */
const INTERVAL_MS = 60_000;
/** Assets a round: as many files are removed, some at once. */
const BATCH = 100;

/** Removes the assets that nobody needs any more, files and rows. */
export function startAssetRemoval(deps: { db: Queryable; store: AssetStore; ttlMs: number; log: Logger }) {
  const removeFiles = createFileRemoval(deps.store, deps.log);
  return startLoop({
    name: 'asset removal',
    intervalMs: INTERVAL_MS,
    log: deps.log,
    async work() {
      const { found, removed } = await removeAssets(deps.db, { ttlMs: deps.ttlMs, limit: BATCH }, removeFiles);
      if (removed > 0) deps.log.info({ removed }, 'assets removed');
      return found === BATCH && removed > 0;
    },
  });
}
