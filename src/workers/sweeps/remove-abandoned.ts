import type { AssetStore } from '../../lib/assets/store.ts';
import type { Logger } from '../../lib/logger.ts';
import { startLoop } from '../loop.ts';

/** What is removed has been there for a day; some stores want to be paid for each look. In ms. */
const INTERVAL_MS = 3_600_000;

/** Removes the files that dead processes left half-written in the store. */
export function startAbandonedRemoval(deps: { store: AssetStore; log: Logger }) {
  return startLoop({
    name: 'removal of abandoned files',
    intervalMs: INTERVAL_MS,
    log: deps.log,
    async work() {
      const abandoned = await deps.store.removeAbandoned();
      if (abandoned > 0) deps.log.info({ abandoned }, 'abandoned files removed');
      return false;
    },
  });
}
