// The least that can wait: a BullMQ worker whose jobs go to sleep again and again. JavaScript, because Node itself loads
// it.
import { DelayedError, Queue, Worker } from 'bullmq';
import { answerAsks } from './asks.js';
import { openBareQueue } from './bare-queue.js';

const LONGEST_LATENESS_MS = 60_000;
const lateness = new Uint32Array(LONGEST_LATENESS_MS + 1);
/** @type {Map<string, number>} */
const looks = new Map();
let looked = 0;
let everyMs = 0;

const { SLOTS } = process.env;
const { common, factory } = openBareQueue();
const queue = new Queue('bare', { ...common, defaultJobOptions: { removeOnComplete: true } }, ...factory);
const worker = new Worker(
  'bare',
  async (job, token) => {
    const at = performance.now();
    const id = job.id ?? '';
    const last = looks.get(id);
    looks.set(id, at);
    looked += 1;
    if (last !== undefined) {
      const late = Math.min(LONGEST_LATENESS_MS, Math.max(0, Math.round(at - last - everyMs)));
      lateness[late] = (lateness[late] ?? 0) + 1;
    }
    await job.moveToDelayed(Date.now() + everyMs, token);
    throw new DelayedError();
  },
  { ...common, ...factoryOptions(), autorun: false },
  ...factory,
);
worker.on('error', () => undefined);

function factoryOptions() {
  return { concurrency: Number(SLOTS), lockDuration: 12_000, stalledInterval: 2_000 };
}

answerAsks({
  /** Puts so many jobs to sleep, due at any time within the interval, and starts. */
  async start({ count, interval }) {
    everyMs = interval;
    const batch = 500;
    for (let from = 0; from < count; from += batch) {
      const jobs = Array.from({ length: Math.min(batch, count - from) }, (_, index) => ({
        name: 'look',
        data: {},
        opts: { jobId: `bare-${from + index}`, delay: Math.floor(((from + index) / count) * interval) },
      }));
      await queue.addBulk(jobs);
    }
    void worker.run();
  },
  watchRenders() {
    looks.clear();
    lateness.fill(0);
    looked = 0;
  },
  looks: () => ({ looked, lateness: [...lateness.subarray(0, lateness.findLastIndex((count) => count > 0) + 1)] }),
});
process.send?.({});
