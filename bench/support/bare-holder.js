// A BullMQ worker with the settings that it comes with, whose jobs never end. JavaScript, because Node itself loads it.
import { createPostgresBackend, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { answerAsks } from './asks.js';

const { REDIS_URL, DATABASE_URL, SLOTS } = process.env;
const connection = /** @type {any} */ (
  REDIS_URL
    ? new Redis(REDIS_URL, { maxRetriesPerRequest: null })
    : new pg.Pool({ connectionString: DATABASE_URL, max: 10, options: '-c search_path=bullmq' })
);
const factory = /** @type {[]} */ (/** @type {unknown} */ (REDIS_URL ? [] : [createPostgresBackend]));
const common = { connection, prefix: '{bare}' };
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
