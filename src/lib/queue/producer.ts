import type { Queue } from 'bullmq';
import { entryId, type Payload, type QueueName } from './catalog.ts';
import type { QueueBackend } from './factory.ts';

export type Entry = { queue: QueueName; payload: Payload; delayMs: number };

/** Adds entries to the queues, and tells whether they are still there. */
export type Producer = {
  /** @returns the entries that were not taken; the reconciler finds them again. */
  add(entries: readonly Entry[]): Promise<Entry[]>;
  /** Whether the queue will still bring this entry to a worker by itself, and soon. */
  holds(queue: QueueName, payload: Payload): Promise<boolean>;
  close(): Promise<void>;
};

/** States in which an entry is on its way. A delayed one is not: its row was due long ago, or nobody would ask. */
const ON_ITS_WAY = new Set(['waiting', 'active', 'prioritized']);

export function openProducer(backend: QueueBackend): Producer {
  const queues: Record<QueueName, Queue<Payload>> = { run: backend.queue('run'), wait: backend.queue('wait') };
  return {
    async add(entries) {
      const refused: Entry[] = [];
      for (const name of Object.keys(queues) as QueueName[]) {
        const own = entries.filter((entry) => entry.queue === name);
        if (own.length === 0) continue;
        const added = await queues[name].addBulk(
          own.map(({ payload, delayMs }) => ({
            name,
            data: payload,
            opts: { jobId: entryId(name, payload), delay: delayMs },
          })),
        );
        // addBulk is not atomic, and a refused entry comes back under another id (performance.md, 0.7).
        const ids = new Set(added.map((job) => job.id));
        refused.push(...own.filter((entry) => !ids.has(entryId(name, entry.payload))));
      }
      return refused;
    },
    async holds(queue, payload) {
      return ON_ITS_WAY.has(await queues[queue].getJobState(entryId(queue, payload)));
    },
    async close() {
      await Promise.all([queues.run.close(), queues.wait.close()]);
    },
  };
}
