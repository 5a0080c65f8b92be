import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { request } from 'undici';
import { expect, it } from 'vitest';
import { hasRedis } from '../tests/support/global-setup.ts';
import { startProgram } from '../tests/support/program.ts';
import { startRedis, type TestRedis } from '../tests/support/redis.ts';
import { type BenchDatabase, startDatabase } from './support/database.ts';
import { type OwnApi, startOwnApi } from './support/own-api.ts';
import { memoryOf } from './support/process-memory.ts';
import { type Figure, report } from './support/report.ts';
import { Void } from './support/rounds.ts';
import { SHORT } from './support/settings.ts';

/** Jobs of each step, on top of all before. */
const STEPS = SHORT ? [5, 10] : [250, 500, 1_000, 2_000];
/** Against the real service's pace: what is left is the cost of our own work. */
const SPEED = '1000';
const PACE = { RENDER_POLL_INTERVAL: '100ms', RECOVERY_DELAYS: '100ms,200ms,500ms', TENANT_CONCURRENCY: '200' };
/** How often the batch is looked at, in ms. */
const LOOK_EVERY_MS = SHORT ? 50 : 250;
/** The last step may cost so many times the first, per job: more is not flat. */
const FLAT = 1.5;

/** What one more job has cost in a step. */
type Cost = { time: number; tables: number; indices: number; queue: number; api: number; worker: number };

type World = { database: BenchDatabase; redis: TestRedis | null; sandboxUrl: string; api: OwnApi; workerPid: number };

async function inWorld<T>(backend: 'Postgres' | 'Redis', work: (world: World) => Promise<T>): Promise<T> {
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const database = await startDatabase(2, { queueSchema: true });
    closing.push(database.stop);
    const redis = backend === 'Redis' ? await startRedis() : null;
    if (redis) closing.push(redis.stop);
    const settings = { SANDBOX_PORT: '0', SANDBOX_SPEED: SPEED, SANDBOX_CREDITS: '100000000' };
    const sandbox = await startProgram('dist/sandbox/main.js', [], settings);
    closing.push(() => sandbox.kill('SIGTERM'));
    const more = { ...PACE, NEMO_API_URL: sandbox.url, ...(redis ? { REDIS_URL: redis.url } : {}) };
    const api = await startOwnApi(database.url, more);
    closing.push(api.stop);
    const worker = await startProgram('dist/main.js', ['worker'], api.env);
    closing.push(() => worker.kill('SIGTERM'));
    return await work({ database, redis, sandboxUrl: sandbox.url, api, workerPid: worker.pid });
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

/** Runs so many jobs to their end. @returns how long that took, in ms. */
async function run(api: OwnApi, jobs: number): Promise<number> {
  const headers = { ...api.headers, 'content-type': 'application/json' };
  const items = Array.from({ length: jobs }, (_, index) => ({
    custom_id: `film-${index}`,
    type: 'generate',
    prompt: `A 10 second city timelapse with upbeat music, number ${index}`,
    export: true,
  }));
  const began = performance.now();
  const submitted = await request(`${api.url}/v1/batches`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ jobs: items }),
  });
  const { id } = (await submitted.body.json()) as { id: string };
  for (;;) {
    const looked = await request(`${api.url}/v1/batches/${id}`, { headers: api.headers });
    const batch = (await looked.body.json()) as { status: string; counts: Record<string, number> };
    if (batch.status === 'completed') {
      if (batch.counts.succeeded !== jobs) throw new Void(JSON.stringify(batch.counts));
      return performance.now() - began;
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** Bytes of Postgres (ours, and BullMQ's schema) and of Redis, when what is dead has been cleared away. */
async function stored({ database, redis }: World): Promise<{ tables: number; indices: number; queue: number }> {
  const { pool } = database.db;
  await pool.query('VACUUM');
  const { rows } = await pool.query<{ tables: number; indices: number; queue: number }>(
    `SELECT sum(pg_table_size(oid)) FILTER (WHERE relnamespace = 'public'::regnamespace)::float8 AS tables,
       sum(pg_indexes_size(oid)) FILTER (WHERE relnamespace = 'public'::regnamespace)::float8 AS indices,
       sum(pg_total_relation_size(oid)) FILTER (WHERE relnamespace = 'bullmq'::regnamespace)::float8 AS queue
     FROM pg_class WHERE relkind = 'r' AND relnamespace IN ('public'::regnamespace, 'bullmq'::regnamespace)`,
  );
  const sizes = rows[0] ?? { tables: 0, indices: 0, queue: 0 };
  return redis ? { ...sizes, queue: await bytesOf(redis) } : sizes;
}

async function bytesOf(redis: TestRedis): Promise<number> {
  const client = new Redis(redis.url);
  const info = await client.info('memory');
  client.disconnect();
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
}

async function costs(world: World): Promise<Cost[]> {
  const steps: Cost[] = [];
  // What the first jobs bring with them once: connections, an account, compiled code.
  await run(world.api, STEPS[0] ?? 0);
  let before = await stored(world);
  for (const jobs of STEPS) {
    const ms = await run(world.api, jobs);
    const after = await stored(world);
    steps.push({
      time: ms / jobs,
      tables: (after.tables - before.tables) / jobs,
      indices: (after.indices - before.indices) / jobs,
      queue: (after.queue - before.queue) / jobs,
      api: (await memoryOf(world.api.pid)).now / 1e6,
      worker: (await memoryOf(world.workerPid)).now / 1e6,
    });
    before = after;
  }
  await balance(world);
  return steps;
}

/** Each job has one message, taken upstream, and one end. */
async function balance({ database, sandboxUrl }: World): Promise<void> {
  const jobs = STEPS.reduce((sum, step) => sum + step, STEPS[0] ?? 0);
  const log = await request(`${sandboxUrl}/__sandbox/log`);
  const { messages } = (await log.body.json()) as { messages: unknown[] };
  const { rows } = await database.db.pool.query<{ ends: number }>(
    "SELECT count(*)::int AS ends FROM public.event WHERE type = 'job.succeeded'",
  );
  expect({ messages: messages.length, ends: rows[0]?.ends }).toEqual({ messages: jobs, ends: jobs });
}

it('growth', async () => {
  const figures: Figure[] = [];
  const backends = hasRedis() ? (['Postgres', 'Redis'] as const) : (['Postgres'] as const);
  for (const backend of SHORT ? backends.slice(-1) : backends) {
    const steps = await inWorld(backend, costs);
    const add = (name: string, unit: string, figure: keyof Cost) =>
      figures.push({ name: `queue in ${backend}: ${name}`, unit, rounds: steps.map((step) => step[figure]) });
    add('time a job', 'ms', 'time');
    add('tables a job', 'B', 'tables');
    add('indices a job', 'B', 'indices');
    add('queue a job', 'B', 'queue');
    add('memory of the API', 'MB', 'api');
    add('memory of the worker', 'MB', 'worker');
  }
  await report('growth', { STEPS, SPEED, ...PACE, fsync: true }, figures);
  if (SHORT) return;
  for (const { name, rounds } of figures.filter(({ name }) => /tables|indices|time/.test(name))) {
    expect((rounds.at(-1) ?? Number.NaN) / (rounds[0] ?? Number.NaN), name).toBeLessThanOrEqual(FLAT);
  }
});
