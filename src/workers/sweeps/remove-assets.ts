import type pg from 'pg';
import { createFileRemoval } from '../../lib/assets/remove-files.ts';
import type { AssetStore } from '../../lib/assets/store.ts';
import { removeAssets } from '../../lib/db/assets.ts';
import type { Logger } from '../../lib/logger.ts';
import { startLoop } from '../loop.ts';

/** What clients delete and what nobody used for days need not go within seconds. In ms. */
const INTERVAL_MS = 60_000;
/** Assets a round: their rows are locked while their files are removed. */
const BATCH = 100;

/** Removes the assets that nobody needs any more, files and rows. */
export function startAssetRemoval(deps: { db: pg.Pool; store: AssetStore; ttlMs: number; log: Logger }) {
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
