import type pg from 'pg';
import { endUnstarted } from '../../lib/commands/end-unstarted.ts';
import type { Logger } from '../../lib/logger.ts';
import { startLoop } from '../loop.ts';

/** The limits are whole seconds. In ms. */
const INTERVAL_MS = 1_000;
/** Jobs a round, each with a short commit of its own. */
const BATCH = 100;

/** Ends the jobs whose `start_timeout` or `deadline` passed before a worker took them. */
export function startUnstartedSweep(deps: { db: pg.Pool; log: Logger; onEnded(): void }) {
  return startLoop({
    name: 'unstarted jobs',
    intervalMs: INTERVAL_MS,
    log: deps.log,
    async work() {
      const ended = await endUnstarted(deps.db, BATCH);
      if (ended > 0) deps.onEnded();
      return ended === BATCH;
    },
  });
}
