import { heartbeat, type News } from '../lib/db/claims.ts';
import type { Queryable } from '../lib/db/database.ts';
import type { JobRecord, Progress } from '../lib/domain/job.ts';
import type { Logger } from '../lib/logger.ts';

/** A third of the lease: two beats may fail before it runs out. In ms. */
const BEAT_INTERVAL_MS = 5_000;

/** A job that this process works on. */
export type Beating = {
  readonly job: JobRecord;
  readonly progress: Progress;
  /** Called at every beat at which the job turns out to be another's, or to have ended. */
  lost(): void;
  /** Called at every other beat. */
  hear(news: News): void;
};

export type Heartbeats = {
  add(work: Beating): void;
  remove(work: Beating): void;
  stop(): void;
};

/** Keeps the leases of all jobs of this process alive, with one statement every 5 s; their progress travels along. */
export function startHeartbeats(db: Queryable, log: Logger): Heartbeats {
  const working = new Set<Beating>();
  const beat = async () => {
    if (working.size === 0) return;
    const asked = [...working].map((work) => ({
      work,
      jobId: work.job.id,
      epoch: work.job.epoch,
      progress: work.progress,
    }));
    const ours = await heartbeat(db, asked);
    for (const { work, jobId } of asked) {
      if (!working.has(work)) continue;
      const news = ours.get(jobId);
      if (news) work.hear(news);
      else work.lost();
    }
  };
  const timer = setInterval(() => {
    beat().catch((error) => log.error({ err: error }, 'heartbeat failed; leases run out unless the next one succeeds'));
  }, BEAT_INTERVAL_MS);
  return {
    add: (work) => working.add(work),
    remove: (work) => working.delete(work),
    stop: () => clearInterval(timer),
  };
}
