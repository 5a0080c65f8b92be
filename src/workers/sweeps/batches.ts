import type pg from 'pg';
import { finishIfDone } from '../../lib/commands/finish-batch.ts';
import { stopBatches } from '../../lib/commands/stop-batch.ts';
import { doneBatches, openBatches } from '../../lib/db/batches.ts';
import type { Logger } from '../../lib/logger.ts';
import { startLoop } from '../loop.ts';

/** How often all open batches are looked over: for whatever happened where no worker was, or one died. In ms. */
const SWEEP_EVERY_MS = 2_000;

export type Batches = {
  /** A job of the batch has moved. */
  touch(batchId: string): void;
  stop(): Promise<void>;
};

/** Ends batches whose jobs have all ended, and the jobs of those that are cancelled or have used up their credits. */
export function startBatches(deps: { db: pg.Pool; log: Logger; onReady(): void }): Batches {
  let touched = new Set<string>();
  let sweptAtMs = Number.NEGATIVE_INFINITY;
  const loop = startLoop({
    name: 'batches',
    intervalMs: SWEEP_EVERY_MS,
    log: deps.log,
    async work() {
      const sweep = performance.now() - sweptAtMs >= SWEEP_EVERY_MS;
      const ids = sweep ? await openBatches(deps.db) : [...touched];
      touched = new Set();
      if (sweep) sweptAtMs = performance.now();
      await stopBatches(deps.db, ids);
      let finished = 0;
      for (const id of await doneBatches(deps.db, ids)) if (await finishIfDone(deps.db, id)) finished += 1;
      if (finished > 0) deps.onReady();
      return false;
    },
  });
  return {
    touch(batchId) {
      touched.add(batchId);
      loop.kick();
    },
    stop: () => loop.stop(),
  };
}
