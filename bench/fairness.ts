import { afterAll, beforeAll, expect, it } from 'vitest';
import { transaction } from '../src/lib/db/database.ts';
import { markDispatched } from '../src/lib/db/dispatch.ts';
import { type BenchDatabase, startDatabase } from './support/database.ts';
import { median, percentile, report } from './support/report.ts';
import { takeTurns, Void } from './support/rounds.ts';
import { ROUNDS, SHORT } from './support/settings.ts';

/** Jobs that wait: those of one tenant that has most of them, and those of each of the many small ones. */
const LARGE = SHORT ? 5_000 : 500_000;
const SMALL_TENANTS = SHORT ? 50 : 1_000;
const PER_SMALL_TENANT = SHORT ? 20 : 100;
/** Of one pick, and of one tenant at once (the defaults). */
const LIMIT = SHORT ? 50 : 500;
const TENANT_CONCURRENCY = SHORT ? 5 : 20;
/** Picks a round: so many that all rounds together serve everybody more than twice. */
const PICKS = SHORT ? 12 : 20;
/** A job that was picked ends so many picks later: meanwhile it counts against its tenant. */
const RUNS_FOR = 2;
/** In one turn around all tenants, each gives up to its concurrency. In picks. */
const FULL_TURN = Math.ceil(((SMALL_TENANTS + 1) * TENANT_CONCURRENCY) / LIMIT);

let database: BenchDatabase;

beforeAll(async () => {
  database = await startDatabase(2);
  const { pool } = database.db;
  await pool.query(
    `INSERT INTO public.tenant (id, webhook_secret, last_served_at)
     SELECT 'tenant_' || n, '-', now() - n * interval '1 ms' FROM generate_series(0, $1::int) AS n`,
    [SMALL_TENANTS],
  );
  // The large one has come first.
  await makeJobs('0', 0, LARGE);
  await makeJobs(`n % ${SMALL_TENANTS} + 1`, LARGE, SMALL_TENANTS * PER_SMALL_TENANT);
  // The baseline has an index of its own, as whoever picks in that order would have.
  await pool.query(`CREATE INDEX bench_fifo ON public.job (id) WHERE status = 'queued' AND dispatch_no = 0`);
  await pool.query('VACUUM ANALYZE');
});

afterAll(() => database?.stop());

/** @param tenant SQL for the number of the tenant of job `n`. */
async function makeJobs(tenant: string, from: number, count: number): Promise<void> {
  for (let start = from; start < from + count; start += CHUNK) {
    await database.db.pool.query(
      `INSERT INTO public.job (id, tenant_id, session_id, type, skill, status, rank_ms, input, metadata, progress, cost,
         request_id)
       SELECT 'job_' || lpad(n::text, 12, '0'), 'tenant_' || (${tenant}), 'ses_' || n, 'generate', 'nemo-video',
         'queued', n, '{}', '{}', '{}', '{}', 'req_bench'
       FROM generate_series($1::int, $2::int) AS n`,
      [start, Math.min(start + CHUNK, from + count) - 1],
    );
  }
}

/** Rows of one statement: each stays far below the time that a statement may take. */
const CHUNK = 50_000;

/** First come, first served, in a transaction as ours is in. */
function pickInOrder(): Promise<{ id: string }[]> {
  return transaction(database.db.pool, async (client) => {
    const { rows } = await client.query<{ id: string }>({
      name: 'pick_in_order',
      text: `UPDATE public.job SET dispatched_at = now(), dispatch_no = dispatch_no + 1
        WHERE id IN (
          SELECT id FROM public.job WHERE status = 'queued' AND dispatch_no = 0 ORDER BY id LIMIT $1
          FOR UPDATE SKIP LOCKED)
        RETURNING id, lane, dispatch_no, traceparent,
          GREATEST(0, ceil(extract(epoch FROM due_at - now()) * 1000))::int AS delay_ms`,
      values: [LIMIT],
    });
    return rows;
  });
}

/** Ends jobs, in a way that both sides have: outside of what is timed. */
async function end(ids: readonly string[]): Promise<void> {
  await database.db.pool.query(
    `UPDATE public.job SET status = 'succeeded', started_at = now(), finished_at = now() WHERE id = ANY ($1)`,
    [ids],
  );
}

/** Every pick of ours so far: the tenants that it served. */
const served: string[][] = [];
const picked = { ours: 0, inOrder: 0 };

/** The median time of a pick of LIMIT jobs, in ms. Void unless each was full, and without a job that was picked before. */
async function round(side: 'ours' | 'inOrder', pick: () => Promise<{ id: string }[]>): Promise<number> {
  const times: number[] = [];
  const running: string[][] = [];
  for (let number = 0; number < PICKS; number += 1) {
    const began = performance.now();
    const jobs = await pick();
    times.push(performance.now() - began);
    const ids = jobs.map(({ id }) => id);
    if (new Set(ids).size !== LIMIT) throw new Void(`${ids.length} of ${LIMIT}`);
    picked[side] += LIMIT;
    if (side === 'ours') served.push(await tenantsOf(ids));
    running.push(ids);
    if (running.length > RUNS_FOR) await end(running.shift() ?? []);
  }
  // What one side has running must not count for the other.
  await end(running.flat());
  return median(times);
}

async function tenantsOf(ids: readonly string[]): Promise<string[]> {
  const { rows } = await database.db.pool.query<{ tenant_id: string }>(
    'SELECT DISTINCT tenant_id FROM public.job WHERE id = ANY ($1)',
    [ids],
  );
  return rows.map((row) => row.tenant_id);
}

/** How long each small tenant waited from one turn to its next (or from the start, or to the end), in picks. */
function waits(): number[] {
  return Array.from({ length: SMALL_TENANTS }, (_, index) => `tenant_${index + 1}`).flatMap((tenant) => {
    const turns = served.flatMap((tenants, pick) => (tenants.includes(tenant) ? pick : []));
    return [...turns, served.length].map((pick, index) => pick - (turns[index - 1] ?? -1));
  });
}

/** Every job that was picked has exactly one dispatch; every other none. */
async function balance(): Promise<void> {
  const { rows } = await database.db.pool.query<{ dispatch_no: number; jobs: number }>(
    'SELECT dispatch_no, count(*)::int AS jobs FROM public.job GROUP BY dispatch_no ORDER BY dispatch_no',
  );
  const all = LARGE + SMALL_TENANTS * PER_SMALL_TENANT;
  const dispatched = picked.ours + picked.inOrder;
  expect(rows).toEqual([
    { dispatch_no: 0, jobs: all - dispatched },
    { dispatch_no: 1, jobs: dispatched },
  ]);
}

it('fairness', async () => {
  const limits = { limit: LIMIT, tenantConcurrency: TENANT_CONCURRENCY };
  const taken = await takeTurns(ROUNDS, {
    inOrder: () => round('inOrder', pickInOrder),
    ours: () => round('ours', () => markDispatched(database.db.pool, limits)),
  });
  await balance();
  const ratio = taken.map((each) => each.ours / each.inOrder);
  const turn = percentile(waits(), 99) / FULL_TURN;
  const settings = { ROUNDS, LARGE, SMALL_TENANTS, PER_SMALL_TENANT, LIMIT, TENANT_CONCURRENCY, PICKS, fsync: true };
  await report('fairness', settings, [
    { name: `${LIMIT} jobs, first come, first served`, unit: 'ms', rounds: taken.map((each) => each.inOrder) },
    { name: `${LIMIT} jobs, tenants in turn`, unit: 'ms', rounds: taken.map((each) => each.ours) },
    { name: 'ratio', unit: '×', rounds: ratio, aim: '≤ 2' },
    { name: "small tenants' wait for their turn, p99, in full turns", unit: '×', rounds: [turn], aim: '≤ 1' },
    { name: 'the same, first come, first served', unit: '×', rounds: [LARGE / LIMIT / FULL_TURN] },
  ]);
  expect(turn).toBeLessThanOrEqual(1);
  if (!SHORT) expect(median(ratio)).toBeLessThanOrEqual(3);
});
