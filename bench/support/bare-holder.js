// A BullMQ worker with the settings that it comes with, whose jobs never end. JavaScript, because Node itself loads it.
import { Queue, Worker } from 'bullmq';
import { answerAsks } from './asks.js';
import { openBareQueue } from './bare-queue.js';

const { SLOTS } = process.env;
const { common, factory } = openBareQueue();
let started = 0;
const worker = new Worker(
  'held',
  () => {
    started += 1;
    return new Promise(() => undefined);
  },
  { ...common, concurrency: Number(SLOTS) },
  ...factory,
);
worker.on('error', () => undefined);

answerAsks({
  async add({ count }) {
    const queue = new Queue('held', common, ...factory);
    const jobs = Array.from({ length: count }, (_, n) => ({ name: 'hold', data: {}, opts: { jobId: `held-${n}` } }));
    await queue.addBulk(jobs);
  },
  started: () => started,
});
process.send?.({});
