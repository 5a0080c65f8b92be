import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Dispatch, markDispatched, markOn } from '../../src/lib/db/dispatch.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { PLANNER } from '../../src/lib/planner-settings.ts';
import type { Producer, Whereabouts } from '../../src/lib/queue/producer.ts';
import { startReconciler } from '../../src/workers/sweeps/reconciler.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait-for.ts';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createDatabase();
  pool = new pg.Pool({ connectionString: database.url, max: 8 });
});

afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

beforeEach(() => database.sql('TRUNCATE job, tenant'));

/** `count` waiting jobs of a tenant, one older than the other, as one statement. */
const backlog = async (tenant: string, count: number) => {
  await database.sql("INSERT INTO tenant (id, webhook_secret) VALUES ($1, '') ON CONFLICT DO NOTHING", [tenant]);
  await database.sql(
    `INSERT INTO job (id, tenant_id, session_id, type, skill, status, input, metadata, progress, cost, request_id, rank_ms)
     SELECT $1 || '-' || lpad(n::text, 6, '0'), $1, 'ses', 'export', 'nemo-video', 'queued', '{}', '{}', '{}', '{}', '', n
     FROM generate_series(1, $2::int) AS n`,
    [tenant, count],
  );
};

const round = (limits = { limit: 500, tenantConcurrency: 20 }) => markDispatched(pool, limits);

const perTenant = (marked: readonly Dispatch[]) => {
  const counts: Record<string, number> = {};
  for (const { id } of marked) {
    const tenant = id.split('-')[0] ?? '';
    counts[tenant] = (counts[tenant] ?? 0) + 1;
  }
  return counts;
};

describe('the dispatcher', () => {
  it('a tenant with 100,000 waiting jobs does not delay the single job of another: it goes with the first round', async () => {
    await backlog('large', 100_000);
    await backlog('small', 1);
    expect(perTenant(await round())).toEqual({ large: 20, small: 1 });
    await backlog('late', 1);
    expect(perTenant(await round())).toEqual({ late: 1 });
  });

  it('a plan that was made while nothing waited is good for a backlog: it reads what it marks', async () => {
    const limits = { limit: 500, tenantConcurrency: 20 };
    const client = new pg.Client({ connectionString: database.url, options: PLANNER });
    await client.connect();
    expect(await markOn(client, limits)).toEqual([]);
    await backlog('large', 5_000);
    // What the connection has read before is not counted any more.
    await client.query('SELECT pg_stat_force_next_flush()');
    await client.query('BEGIN');
    expect(await markOn(client, limits)).toHaveLength(20);
    const { rows } = await client.query<{ read: number }>(
      `SELECT sum(COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0))::int AS read
       FROM pg_stat_xact_user_tables WHERE relname = 'job'`,
    );
    await client.query('COMMIT');
    await client.end();
    expect(rows[0]?.read).toBeLessThan(500);
  });

  it('when a round is too small for all, the tenants take turns', async () => {
    for (const tenant of ['a', 'b', 'c', 'd']) await backlog(tenant, 30);
    const limits = { limit: 20, tenantConcurrency: 10 };
    const first = perTenant(await round(limits));
    const second = perTenant(await round(limits));
    expect(new Set([...Object.keys(first), ...Object.keys(second)])).toEqual(new Set(['a', 'b', 'c', 'd']));
    expect([...Object.values(first), ...Object.values(second)]).toEqual([10, 10, 10, 10]);
  });

  it('several at once: each job is marked once, and no tenant gets more than its share', async () => {
    await backlog('a', 200);
    await backlog('b', 200);
    const rounds = await Promise.all(Array.from({ length: 8 }, () => round()));
    const marked = rounds.flat();
    expect(new Set(marked.map(({ id }) => id)).size).toBe(marked.length);
    expect(perTenant(marked)).toEqual({ a: 20, b: 20 });
  });

  it('jobs between two phases go first, and are not counted again', async () => {
    await backlog('a', 40);
    await round();
    await database.sql("UPDATE job SET dispatched_at = NULL WHERE dispatch_no = 1 AND id <= 'a-000005'");
    const marked = await round();
    expect(marked.map(({ id }) => id).sort()).toEqual(['a-000001', 'a-000002', 'a-000003', 'a-000004', 'a-000005']);
    expect(new Set(marked.map(({ dispatch_no }) => dispatch_no))).toEqual(new Set([2]));
  });

  it('jobs that wait for credits leave their places to those that need none', async () => {
    await backlog('a', 25);
    await round();
    await database.sql("UPDATE job SET waiting_reason = 'credits' WHERE id <= 'a-000003'");
    expect((await round()).map(({ id }) => id).sort()).toEqual(['a-000021', 'a-000022', 'a-000023']);
  });

  it('the smallest rank goes first', async () => {
    await backlog('a', 30);
    await database.sql("UPDATE job SET rank_ms = -1 WHERE id IN ('a-000030', 'a-000025')");
    const marked = await round({ limit: 500, tenantConcurrency: 3 });
    expect(marked.map(({ id }) => id).sort()).toEqual(['a-000001', 'a-000025', 'a-000030']);
  });
});

describe('the reconciler', () => {
  it('makes ready what the queue has lost, and what it believes in the hands of a worker that is long dead', async () => {
    await backlog('a', 4);
    await round();
    const overdue = (id: string, ms: number) =>
      database.sql(
        `UPDATE job SET dispatched_at = now() - $2 * interval '1 ms', due_at = now() - $2 * interval '1 ms' WHERE id = $1`,
        [id, ms],
      );
    await overdue('a-000001', 20_000);
    await overdue('a-000002', 20_000);
    await overdue('a-000003', 120_000);
    await overdue('a-000004', 120_000);
    const where: Record<string, Whereabouts> = { 'a-000001': 'gone', 'a-000004': 'waiting' };
    const producer: Producer = {
      add: async () => [],
      find: async (_queue, { job_id }) => where[job_id] ?? 'active',
      close: async () => undefined,
    };
    const reconciler = startReconciler({
      db: pool,
      producer,
      log: createLogger('silent', 'test'),
      onReady: () => undefined,
    });
    const ready = await waitFor('the first round', async () => {
      const rows = await database.sql('SELECT id FROM job WHERE dispatched_at IS NULL ORDER BY id');
      return rows.length > 0 && rows.map(({ id }) => id);
    });
    await reconciler.stop();
    expect(ready).toEqual(['a-000001', 'a-000003']);
  });
});
