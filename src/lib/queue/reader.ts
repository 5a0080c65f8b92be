import type { Queue } from 'bullmq';
import { LANES, type Lane } from '../domain/job.ts';
import { openQueueBackend, type QueueStore } from './backend.ts';
import type { Payload } from './catalog.ts';

/** Where entries of ours can be: a failed or completed one is gone. */
const STATES = ['waiting', 'prioritized', 'active', 'delayed'] as const;

export type EntryCount = { queue: Lane; state: (typeof STATES)[number]; entries: number };

/** A look at the queues for board, metrics and probes; nothing is added or changed through it. */
export type QueueReader = {
  queues: readonly Queue<Payload>[];
  counts(): Promise<EntryCount[]>;
  /** Throws when the store of the queues does not answer; waits while it is being looked for. */
  ping(): Promise<void>;
  close(): Promise<void>;
};

export function openQueueReader(where: QueueStore, onError: (error: Error) => void): QueueReader {
  const backend = openQueueBackend({ ...where, workers: 0 }, onError);
  const queues = LANES.map((name) => ({ name, queue: backend.queue(name) }));
  return {
    queues: queues.map(({ queue }) => queue),
    async counts() {
      const counts = await Promise.all(
        queues.map(async ({ name, queue }) => {
          const of = await queue.getJobCounts(...STATES);
          return STATES.map((state) => ({ queue: name, state, entries: of[state] ?? 0 }));
        }),
      );
      return counts.flat();
    },
    ping: backend.ping,
    async close() {
      await Promise.all(queues.map(({ queue }) => queue.close()));
      await backend.close();
    },
  };
}
