import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Program, startProgram } from '../tests/support/program.ts';
import { startRedis, type TestRedis } from '../tests/support/redis.ts';
import { storesOf } from '../tests/support/stores.ts';
import { type BenchDatabase, startDatabase } from './support/database.ts';
import { type LoadGenerator, startLoadGenerator } from './support/load.ts';
import { type OwnApi, startOwnApi } from './support/own-api.ts';
import { type Figure, median, percentile, report } from './support/report.ts';
import { takeTurns, Void } from './support/rounds.ts';
import { ROUNDS, SHORT } from './support/settings.ts';

/** Requests a round. */
const REQUESTS = SHORT ? 200 : 5_000;
const CONNECTIONS = SHORT ? [16] : [64, 256];
/** Of the API's pool (src/api/start.ts), and so of the bare one's. */
const POOL_SIZE = 10;
/** Fails below it, whatever else the machine does; the aim is higher. */
const GATE = 0.7;
const BODY = JSON.stringify({
  type: 'generate',
  prompt: 'A 10 second city timelapse with upbeat music, from sunrise to the lights of the evening.',
  options: { aspect_ratio: '9:16', duration_seconds: 10 },
  metadata: { order: '4711', customer: 'c_31415926' },
});

type Round = { rate: number; p99: number; generator: number };

let database: BenchDatabase;
let redis: TestRedis | null = null;
let generator: LoadGenerator;
let ours: OwnApi;
const bare = new Map<'Redis' | 'Postgres', Program>();
let run = 0;

beforeAll(async () => {
  database = await startDatabase(2, { queueSchema: true });
  await database.db.pool.query(
    `CREATE SCHEMA bare CREATE TABLE job (id text PRIMARY KEY, status text NOT NULL, body json NOT NULL,
       created_at timestamptz NOT NULL DEFAULT now())
     CREATE INDEX job_status_idx ON job (status, created_at)`,
  );
  generator = startLoadGenerator();
  ours = await startOwnApi(database.url);
  const program = fileURLToPath(new URL('./support/bare-api.js', import.meta.url));
  const settings = { DATABASE_URL: database.url, NODE_ENV: 'production', POOL_SIZE: String(POOL_SIZE) };
  if (storesOf().hasRedis()) {
    redis = await startRedis();
    bare.set('Redis', await startProgram(program, [], { ...settings, REDIS_URL: redis.url }));
  }
  bare.set('Postgres', await startProgram(program, [], settings));
});

afterAll(async () => {
  generator?.stop();
  await ours?.stop();
  for (const program of bare.values()) await program.kill('SIGTERM');
  await redis?.stop();
  await database?.stop();
});

/** One round of requests. Void unless each was answered 202, with an id of its own, and has left its row in `table`. */
async function submit(program: Program, at: { path: string; table: string; connections: number }): Promise<Round> {
  const { pool } = database.db;
  await pool.query('TRUNCATE public.job, public.event, public.session, public.idempotency_key, bare.job');
  await emptyQueues();
  // A young database makes each 16 MB of its log anew, at some 50 ms; after a checkpoint it uses old ones again, as one
  // does that has run for a while.
  await pool.query('CHECKPOINT');
  run += 1;
  const { seconds, statuses, ids, latencies, cpu } = await generator.load({
    port: Number(new URL(program.url).port),
    path: at.path,
    headers: ours.headers,
    body: BODY,
    connections: at.connections,
    requests: REQUESTS,
    run: `run${run}`,
  });
  const { rows } = await pool.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${at.table}`);
  const ledger = { rows: rows[0]?.count, accepted: statuses[202], ids };
  if (Object.values(ledger).some((count) => count !== REQUESTS)) throw new Void(JSON.stringify({ ledger, statuses }));
  return { rate: REQUESTS / seconds, p99: percentile(latencies, 99), generator: cpu };
}

async function emptyQueues(): Promise<void> {
  await database.db.pool.query('TRUNCATE bullmq.job, bullmq.event CASCADE');
  if (!redis) return;
  const client = new Redis(redis.url);
  await client.flushdb();
  client.disconnect();
}

it('submit', async () => {
  const figures: Figure[] = [];
  for (const connections of CONNECTIONS) {
    const sides: Record<string, () => Promise<Round>> = {
      ours: () => submit(ours, { path: '/v1/jobs', table: 'public.job', connections }),
    };
    for (const [store, program] of bare) {
      sides[store] = () => submit(program, { path: '/jobs', table: 'bare.job', connections });
    }
    const taken = await takeTurns(ROUNDS, sides);
    const of = (side: string, figure: keyof Round) => taken.map((round) => round[side]?.[figure] ?? Number.NaN);
    const at = `${connections} connections`;
    figures.push({ name: `POST /v1/jobs, ${at}`, unit: '/s', rounds: of('ours', 'rate') });
    figures.push({ name: `POST /v1/jobs, ${at}: p99`, unit: 'ms', rounds: of('ours', 'p99') });
    figures.push({ name: `load generator, ${at}`, unit: 'cores', rounds: of('ours', 'generator') });
    for (const store of bare.keys()) {
      const ratio = (figure: keyof Round) =>
        of('ours', figure).map((value, index) => value / (of(store, figure)[index] ?? 0));
      figures.push({ name: `bare, queue in ${store}, ${at}`, unit: '/s', rounds: of(store, 'rate') });
      figures.push({ name: `bare, queue in ${store}, ${at}: p99`, unit: 'ms', rounds: of(store, 'p99') });
      figures.push({ name: `ratio, queue in ${store}, ${at}`, unit: '×', rounds: ratio('rate'), aim: '≥ 2.0' });
      figures.push({ name: `ratio of the p99, queue in ${store}, ${at}`, unit: '×', rounds: ratio('p99'), aim: '≤ 1' });
    }
  }
  await report('submit', { ROUNDS, REQUESTS, CONNECTIONS, POOL_SIZE, fsync: true }, figures);
  if (SHORT) return;
  for (const { name, aim, rounds } of figures) {
    if (aim?.startsWith('≥')) expect(median(rounds), name).toBeGreaterThan(GATE);
  }
});
