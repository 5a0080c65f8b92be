import { isDeepStrictEqual } from 'node:util';
import type { Queryable } from '../lib/db/database.ts';
import { eventsAfter, progressOf, type StoredEvent, watchedJobs } from '../lib/db/job-history.ts';
import { shareStatements } from '../lib/db/share-statements.ts';
import type { JobRecord, Progress } from '../lib/domain/job.ts';
import type { Logger } from '../lib/logger.ts';

/** How long a change may go unseen by those who wait for it. In ms. */
const LOOK_EVERY_MS = 250;
/** Jobs of one statement: each is a few kB. */
const MAX_JOBS = 200;
/** Statements at once: should a connection hang, there is still another. */
const MAX_STATEMENTS = 2;

/** Somebody who waits for news of one job. */
type Watcher = {
  jobId: string;
  /** What it knows already; moves on with what it is told. */
  seq: number;
  onEvent(event: StoredEvent): void;
  /** For one who follows the progress, which the worker stores at most every 5 s: the one that it knows, as `seq`. */
  progress?: { known: Progress; onChange(progress: Progress): void };
  /** The process stops: nothing more is told. */
  onStop(): void;
};

export type JobWatcher = {
  /** A watch that begins after the stop is told of it at once, though not before this returns. @returns ends the watch. */
  watch(watcher: Watcher): () => void;
  /** A job as it is now, null where it is gone. A thousand clients that are told of an end at once ask a few times. */
  read(jobId: string): Promise<JobRecord | null>;
  stop(): void;
};

/**
 * Feeds all clients of this process that wait for jobs: two statements every 250 ms over all watched ids, none while
 * nobody watches, however many there are.
 */
export function createJobWatcher(db: Queryable, log: Logger): JobWatcher {
  const watchers = new Set<Watcher>();
  let timer: NodeJS.Timeout | null = null;
  let isStopped = false;
  const jobs = shareStatements<string, JobRecord | null>({
    maxItems: MAX_JOBS,
    maxAtOnce: MAX_STATEMENTS,
    run: (ids) => watchedJobs(db, ids),
  });

  const look = async () => {
    const asked = [...watchers];
    const lowest = new Map<string, number>();
    for (const { jobId, seq } of asked) lowest.set(jobId, Math.min(seq, lowest.get(jobId) ?? seq));
    const known = [...lowest].map(([jobId, seq]) => ({ jobId, seq }));
    const watchingProgress = asked.filter((watcher) => watcher.progress).map((watcher) => watcher.jobId);
    const [events, progress] = await Promise.all([eventsAfter(db, known), progressOf(db, watchingProgress)]);
    const progressById = new Map(progress.map((row) => [row.id, row.progress]));
    const eventsById = groupByJob(events);
    for (const watcher of asked) tell(watcher, eventsById.get(watcher.jobId) ?? [], progressById.get(watcher.jobId));
  };

  const tell = (watcher: Watcher, events: readonly StoredEvent[], stored: Progress | undefined) => {
    for (const event of events) {
      if (event.seq <= watcher.seq || !watchers.has(watcher)) continue;
      watcher.seq = event.seq;
      watcher.onEvent(event);
    }
    const { progress } = watcher;
    if (!progress || !stored || !watchers.has(watcher) || isDeepStrictEqual(stored, progress.known)) return;
    progress.known = stored;
    progress.onChange(stored);
  };

  const schedule = () => {
    timer = setTimeout(async () => {
      await look().catch((error) => log.error({ err: error }, 'watched jobs could not be read; tried again'));
      timer = null;
      if (watchers.size > 0) schedule();
    }, LOOK_EVERY_MS);
  };

  return {
    watch(watcher) {
      if (isStopped) {
        queueMicrotask(() => watcher.onStop());
        return () => undefined;
      }
      watchers.add(watcher);
      if (timer === null) schedule();
      return () => void watchers.delete(watcher);
    },
    read: jobs.add,
    stop() {
      isStopped = true;
      const stopped = [...watchers];
      watchers.clear();
      if (timer) clearTimeout(timer);
      for (const watcher of stopped) watcher.onStop();
    },
  };
}

function groupByJob(events: readonly StoredEvent[]): Map<string, StoredEvent[]> {
  const groups = new Map<string, StoredEvent[]>();
  for (const event of events) groups.set(event.job_id, [...(groups.get(event.job_id) ?? []), event]);
  return groups;
}
