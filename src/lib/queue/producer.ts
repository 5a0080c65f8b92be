import type { Queue } from 'bullmq';
import { LANES, type Lane } from '../domain/job.ts';
import type { QueueBackend } from './backend.ts';
import { entryId, type Payload } from './catalog.ts';

export type Entry = { queue: Lane; payload: Payload; delayMs: number };

/** Adds entries to the queues, and tells whether they are still there. */
export type Producer = {
  /** @returns the entries that were not taken; the reconciler finds them again. */
  add(entries: readonly Entry[]): Promise<Entry[]>;
  /** Where the queue has this entry. */
  find(queue: Lane, payload: Payload): Promise<Whereabouts>;
  close(): Promise<void>;
};

/** `waiting` for a worker; `active`: a worker has it, or had it and died; `gone`: the queue will not bring it soon. */
export type Whereabouts = 'waiting' | 'active' | 'gone';

/** A delayed entry is as good as gone: its row was due long ago, or nobody would ask. */
const WHEREABOUTS: Readonly<Record<string, Whereabouts>> = {
  waiting: 'waiting',
  prioritized: 'waiting',
  active: 'active',
};

async function addTo(queue: Queue<Payload>, entries: readonly Entry[]) {
  const jobs = entries.map(({ queue: name, payload, delayMs }) => ({
    name,
    data: payload,
    opts: { jobId: entryId(name, payload), delay: delayMs },
  }));
  const [job, ...more] = jobs;
  // In Postgres, BullMQ takes four times as long for a bulk of one as for the one.
  return job && more.length === 0 ? [await queue.add(job.name, job.data, job.opts)] : queue.addBulk(jobs);
}

export function openProducer(backend: QueueBackend): Producer {
  const queues: Record<Lane, Queue<Payload>> = { run: backend.queue('run'), wait: backend.queue('wait') };
  return {
    async add(entries) {
      const refused: Entry[] = [];
      for (const name of LANES) {
        const own = entries.filter((entry) => entry.queue === name);
        if (own.length === 0) continue;
        const added = await addTo(queues[name], own);
        // addBulk is not atomic, and an entry that was refused comes back under another id, without an error.
        const ids = new Set(added.map((job) => job.id));
        refused.push(...own.filter((entry) => !ids.has(entryId(name, entry.payload))));
      }
      return refused;
    },
    async find(queue, payload) {
      return WHEREABOUTS[await queues[queue].getJobState(entryId(queue, payload))] ?? 'gone';
    },
    async close() {
      await Promise.all([queues.run.close(), queues.wait.close()]);
    },
  };
}
