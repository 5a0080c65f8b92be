import { heartbeat, type News } from '../lib/db/claims.ts';
import type { Queryable } from '../lib/db/database.ts';
import { tellProgress } from '../lib/db/progress-events.ts';
import type { JobRecord, Progress } from '../lib/domain/job.ts';
import type { Logger } from '../lib/logger.ts';

/** A third of the lease: two beats may fail before it runs out. In ms. */
const BEAT_INTERVAL_MS = 5_000;

/**
 * Leases in one statement: it holds the rows of all its jobs until its commit, and each may have to wait for a job that
 * is just being written.
 */
const LEASES_AT_ONCE = 200;

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
  /** A job that nobody holds has come further; its progress is written. */
  moved(jobId: string): void;
  stop(): void;
};

/** Keeps the leases of all jobs of this process alive, a few hundred a statement, every 5 s; their progress travels along. */
export function startHeartbeats(db: Queryable, log: Logger): Heartbeats {
  const working = new Set<Beating>();
  /** The progress of each that webhooks were told of. */
  const told = new WeakMap<Beating, Progress>();
  /** Jobs that nobody works on, with news of their progress since the last beat. */
  const left = new Set<string>();
  const beat = async () => {
    if (working.size === 0) return [];
    const asked = [...working].map((work) => ({
      work,
      jobId: work.job.id,
      owner: work.job.owner,
      progress: work.progress,
    }));
    const ours = new Map<string, News>();
    for (let from = 0; from < asked.length; from += LEASES_AT_ONCE) {
      const beaten = await heartbeat(db, asked.slice(from, from + LEASES_AT_ONCE));
      for (const [id, news] of beaten) ours.set(id, news);
    }
    for (const { work, jobId } of asked) {
      if (!working.has(work)) continue;
      const news = ours.get(jobId);
      if (news) work.hear(news);
      else work.lost();
    }
    const moved = asked.filter(({ work, jobId, progress }) => ours.has(jobId) && told.get(work) !== progress);
    for (const { work, progress } of moved) told.set(work, progress);
    return moved.map(({ jobId }) => jobId);
  };
  const tell = async (moved: readonly string[]) => {
    const ids = [...new Set([...moved, ...left])];
    left.clear();
    if (ids.length > 0) await tellProgress(db, ids);
  };
  const timer = setInterval(() => {
    beat()
      .catch((error) => {
        log.error({ err: error }, 'heartbeat failed; leases run out unless the next one succeeds');
        return [];
      })
      .then(tell)
      .catch((error) => log.error({ err: error }, 'progress could not be told'));
  }, BEAT_INTERVAL_MS);
  return {
    add(work) {
      told.set(work, work.progress);
      working.add(work);
    },
    remove(work) {
      if (told.get(work) !== work.progress) left.add(work.job.id);
      working.delete(work);
    },
    moved: (jobId) => void left.add(jobId),
    stop: () => clearInterval(timer),
  };
}
