import type { Producer } from '../../lib/queue/producer.ts';
import type { PhaseDeps } from '../deps.ts';
import { startUnstartedSweep } from './end-unstarted.ts';
import { startReconciler } from './reconciler.ts';
import { startAbandonedRemoval } from './remove-abandoned.ts';
import { startAssetRemoval } from './remove-assets.ts';
import { startJobRemoval } from './remove-jobs.ts';
import { startKeyRemoval } from './remove-keys.ts';
import { startRetention } from './retention.ts';

/** Starts all that looks around by itself. @param onChange there are jobs to dispatch, or webhooks to send. */
export function startSweeps(
  { config, db: { pool: db }, store, log }: PhaseDeps,
  producer: Producer,
  onChange: () => void,
): { stop(): Promise<void> } {
  const keep = { eventsMs: config.EVENT_RETENTION, jobsMs: config.JOB_RETENTION };
  const retention = startRetention({ db, keep, log });
  const loops = [
    startReconciler({ db, producer, log, onReady: onChange }),
    startUnstartedSweep({ db, log, onEnded: onChange }),
    startAssetRemoval({ db, store, ttlMs: config.ASSET_TTL, log }),
    startAbandonedRemoval({ store, log }),
    startKeyRemoval({ db, log }),
    startJobRemoval({ db, store, keepMs: config.JOB_RETENTION, log, onRemoved: retention.kick }),
    retention,
  ];
  return {
    async stop() {
      await Promise.all(loops.map((loop) => loop.stop()));
    },
  };
}
