import { request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { NO_COST, NO_PROGRESS } from '../src/lib/domain/job.ts';
import { newId } from '../src/lib/ids.ts';
import { type BenchDatabase, startDatabase } from './support/database.ts';
import { type OwnApi, startOwnApi } from './support/own-api.ts';
import { memoryOf, resetPeak } from './support/process-memory.ts';
import { median, report } from './support/report.ts';
import { takeTurns, Void } from './support/rounds.ts';
import { ROUNDS, SHORT } from './support/settings.ts';

/** Jobs of one batch: the largest that is taken. */
const JOBS = SHORT ? 100 : 10_000;
/** Before the batch, so that what any request needs is there: code, connections, plans. */
const SINGLE_JOBS = SHORT ? 10 : 500;
/** Fails below it, whatever else the machine does; the aim is higher. */
const GATE = 0.15;
const TENANT = 'default';
const INPUT = {
  prompt: 'A 10 second city timelapse with upbeat music, from sunrise to the lights of the evening.',
  options: { aspect_ratio: '9:16', duration_seconds: 10 },
};
const METADATA = { order: '4711', customer: 'c_31415926' };

type Round = { rate: number; growth: number };

let database: BenchDatabase;

beforeAll(async () => {
  database = await startDatabase(2, { queueSchema: true });
});

afterAll(() => database?.stop());

const job = { type: 'generate', ...INPUT, metadata: METADATA };

async function post(api: OwnApi, path: string, body: string): Promise<number> {
  const answer = await request(`${api.url}${path}`, {
    method: 'POST',
    headers: { ...api.headers, 'content-type': 'application/json', 'idempotency-key': newId('req') },
    body,
  });
  await answer.body.dump();
  return answer.statusCode;
}

/**
 * A fresh process: the first batch says how its memory grows (its peak over what it was before, per byte sent), the second
 * how fast it is.
 */
async function ours(): Promise<Round> {
  const api = await startOwnApi(database.url);
  try {
    await empty();
    for (let sent = 0; sent < SINGLE_JOBS; sent += 1) await post(api, '/v1/jobs', JSON.stringify(job));
    const jobs = Array.from({ length: JOBS }, (_, index) => ({ custom_id: `film-${index}`, ...job }));
    const body = JSON.stringify({ jobs });
    await resetPeak(api.pid);
    const before = await memoryOf(api.pid);
    await submit(api, body);
    const { peak } = await memoryOf(api.pid);
    return { rate: await submit(api, body), growth: (peak - before.now) / Buffer.byteLength(body) };
  } finally {
    await api.stop();
  }
}

/** @returns jobs per second. */
async function submit(api: OwnApi, body: string): Promise<number> {
  await empty();
  const began = performance.now();
  const status = await post(api, '/v1/batches', body);
  const seconds = (performance.now() - began) / 1000;
  if (status !== 202) throw new Void(`answered ${status}`);
  await balance();
  return JOBS / seconds;
}

/** The same rows in one statement of arrays, without a check. */
async function raw(): Promise<Round> {
  await empty();
  const ids = (prefix: 'job' | 'ses' | 'evt') => Array.from({ length: JOBS }, () => newId(prefix));
  const values = [
    ids('job'),
    ids('ses'),
    ids('evt'),
    TENANT,
    JSON.stringify({ ...INPUT, language: 'en', assets: [], export: null }),
    JSON.stringify(METADATA),
    newId('bat'),
    newId('req'),
    JSON.stringify(NO_PROGRESS),
    JSON.stringify(NO_COST),
  ];
  const began = performance.now();
  await database.db.pool.query(INSERT, values);
  const seconds = (performance.now() - began) / 1000;
  await balance();
  return { rate: JOBS / seconds, growth: 0 };
}

const INSERT = `
  WITH asked AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked(id, session_id, event_id, number)
  ), claimed AS (
    INSERT INTO public.idempotency_key (tenant_id, route, key, fingerprint, resource_ids)
    VALUES ($4, 'POST /v1/batches', $8, repeat('0', 64), ARRAY[$7])
  ), batch AS (
    INSERT INTO public.batch (id, tenant_id, skipped, skipped_items, metadata) VALUES ($7, $4, 0, '[]', '{}')
  ), stored AS (
    INSERT INTO public.job (id, tenant_id, session_id, type, skill, status, input, metadata, batch_id, custom_id,
      progress, cost, request_id)
    SELECT id, $4, session_id, 'generate', 'nemo-video', 'queued', $5::json, $6::json, $7, 'film-' || number,
      $9::json, $10::json, $8
    FROM asked
  ), opened AS (
    INSERT INTO public.session (id, tenant_id, skill, language, opened_by, holder_job_id)
    SELECT session_id, $4, 'nemo-video', 'en', id, id FROM asked
  )
  INSERT INTO public.event (id, tenant_id, job_id, seq, type, body)
  SELECT event_id, $4, id, 1, 'job.queued', '{"status":"queued","phase":null,"waiting":null}' FROM asked`;

async function empty(): Promise<void> {
  await database.db.pool.query(
    'TRUNCATE public.job, public.event, public.session, public.batch, public.idempotency_key',
  );
  // A young database makes each 16 MB of its log anew; after a checkpoint it uses old ones again (submit.ts).
  await database.db.pool.query('CHECKPOINT');
}

/** Void unless each job has its row, its session and its event, and the request its key. */
async function balance(): Promise<void> {
  const { rows } = await database.db.pool.query<Record<string, number>>(
    `SELECT (SELECT count(*)::int FROM public.job) AS jobs, (SELECT count(*)::int FROM public.session) AS sessions,
       (SELECT count(*)::int FROM public.event) AS events, (SELECT count(*)::int FROM public.batch) AS batches,
       (SELECT count(*)::int FROM public.idempotency_key) AS keys`,
  );
  const expected = { jobs: JOBS, sessions: JOBS, events: JOBS, batches: 1, keys: 1 };
  if (JSON.stringify(rows[0]) !== JSON.stringify(expected)) throw new Void(JSON.stringify(rows[0]));
}

it('batch', async () => {
  const taken = await takeTurns(ROUNDS, { raw, ours });
  const ratio = taken.map((round) => round.ours.rate / round.raw.rate);
  const growth = taken.map((round) => round.ours.growth);
  await report('batch', { ROUNDS, JOBS, fsync: true }, [
    { name: 'one raw statement of arrays', unit: 'jobs/s', rounds: taken.map((round) => round.raw.rate) },
    { name: 'POST /v1/batches', unit: 'jobs/s', rounds: taken.map((round) => round.ours.rate) },
    { name: 'ratio', unit: '×', rounds: ratio, aim: '≥ 0.5' },
    { name: 'peak of the memory over that before, per byte sent', unit: '×', rounds: growth, aim: '≤ 6' },
  ]);
  if (!SHORT) expect(median(ratio)).toBeGreaterThan(GATE);
});
