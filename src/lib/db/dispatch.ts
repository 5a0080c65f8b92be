import type pg from 'pg';
import type { Lane } from '../domain/job.ts';
import type { Queryable } from './database.ts';
import { WITHOUT_WAITING } from './synchronous-commit.ts';

/** A job that was marked as dispatched and is to be added to its lane's queue. */
export type Dispatch = { id: string; lane: Lane; dispatch_no: number; traceparent: string | null; delay_ms: number };

/** Any number that no other lock of ours has. */
const DISPATCH_LOCK = 7_360_001;

/**
 * Marks up to `limit` ready jobs as dispatched and returns them. Jobs between two phases come first and are not capped
 * again; fresh ones are taken from the tenants in turn, each up to its concurrency, by rank (domain/rank.ts), and of a
 * batch with a cap no more than that. Several dispatchers take turns: each must see what the one before has marked, or
 * together they would go beyond the caps.
 *
 * Lock, mark and commit are one message to the server, so that nobody is frozen or dies between them: a text of two
 * statements is one transaction, and the second sees what was committed before it got the lock. Nobody waits for the
 * disk: a mark that is lost with the server is made again, under the same number.
 */
export async function markDispatched(pool: pg.Pool, limits: MarkLimits): Promise<Dispatch[]> {
  const client = await pool.connect();
  // As in `pool.query`: where something failed, nobody knows what the connection has still to do, or has prepared.
  let broken = true;
  try {
    const marked = await markOn(client, limits);
    broken = false;
    return marked;
  } finally {
    client.release(broken);
  }
}

export type MarkLimits = { limit: number; tenantConcurrency: number };

/** The same on this connection. */
export async function markOn(client: pg.ClientBase, limits: MarkLimits): Promise<Dispatch[]> {
  const name = await prepareMark(client, limits);
  // The types of `pg` know of one result only.
  const results: unknown = await client.query(`${LOCK}; EXECUTE ${name}`);
  return (results as [pg.QueryResult, pg.QueryResult<Dispatch>])[1].rows;
}

const LOCK = `SELECT ${WITHOUT_WAITING}, pg_advisory_xact_lock(${DISPATCH_LOCK})`;

/** The names of what each connection has prepared. */
const prepared = new WeakMap<pg.ClientBase, Set<string>>();

/**
 * Planned once a connection, with the limits in its text: as parameters, Postgres would take them for a tenth of the
 * backlog, or plan for half a millisecond each time (docs/decisions/0018).
 */
async function prepareMark(client: pg.ClientBase, limits: MarkLimits): Promise<string> {
  const name = `mark_dispatched_${limits.limit}_${limits.tenantConcurrency}`;
  const names = prepared.get(client) ?? new Set();
  prepared.set(client, names);
  if (!names.has(name)) await client.query(`PREPARE ${name} AS ${markSql(limits)}`);
  names.add(name);
  return name;
}

/** Whether anything may be ready: what `markDispatched` has to look through is much, and mostly it would find nothing. */
export async function hasReady(db: Queryable): Promise<boolean> {
  const { rows } = await db.query<{ ready: boolean }>({
    name: 'has_ready',
    // Each in the order of its index: the planner would rather read the table, where it believes that most are ready.
    text: `SELECT COALESCE((
        SELECT true FROM public.job WHERE dispatched_at IS NULL AND dispatch_no > 0 AND finished_at IS NULL
        ORDER BY due_at LIMIT 1
      ), (
        SELECT true FROM public.job WHERE status = 'queued' AND dispatch_no = 0 AND NOT capped
        ORDER BY tenant_id, rank_ms, id LIMIT 1
      ), (
        SELECT true FROM public.job WHERE status = 'queued' AND dispatch_no = 0 AND capped
        ORDER BY batch_id, rank_ms, id LIMIT 1
      ), false) AS ready`,
  });
  return rows[0]?.ready ?? false;
}

const markSql = ({ limit, tenantConcurrency }: MarkLimits) => `
  WITH between_phases AS (
    SELECT id FROM public.job
    WHERE dispatched_at IS NULL AND dispatch_no > 0 AND finished_at IS NULL
    ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED
  ), admitted AS MATERIALIZED (
    SELECT tenant_id, batch_id FROM public.job
    WHERE dispatch_no > 0 AND finished_at IS NULL
      -- Exports are free: jobs that wait for credits, maybe for days, do not stand in their way.
      AND waiting_reason IS DISTINCT FROM 'credits'
  ), served AS MATERIALIZED (
    SELECT t.id AS tenant_id, t.last_served_at, ${tenantConcurrency} - COALESCE(a.jobs, 0) AS free
    FROM public.tenant t
    LEFT JOIN (SELECT tenant_id, count(*) AS jobs FROM admitted GROUP BY tenant_id) a ON a.tenant_id = t.id
    WHERE COALESCE(a.jobs, 0) < ${tenantConcurrency}
    ORDER BY t.last_served_at -- known to the planner: it looks no further than ${limit} jobs
  ), capped_batch AS (
    SELECT b.id, b.tenant_id, b.max_concurrency - COALESCE(a.jobs, 0) AS free
    FROM public.batch b
    LEFT JOIN (SELECT batch_id, count(*) AS jobs FROM admitted GROUP BY batch_id) a ON a.batch_id = b.id
    WHERE b.finished_at IS NULL AND b.max_concurrency > COALESCE(a.jobs, 0)
  ), fresh AS (
    SELECT picked.id, served.tenant_id FROM served CROSS JOIN LATERAL (
      SELECT id FROM (
        SELECT * FROM (
          SELECT id, rank_ms FROM public.job
          WHERE tenant_id = served.tenant_id AND status = 'queued' AND dispatch_no = 0 AND NOT capped
          ORDER BY rank_ms, id LIMIT served.free FOR UPDATE SKIP LOCKED
        ) AS uncapped
        UNION ALL
        SELECT best.* FROM capped_batch CROSS JOIN LATERAL (
          SELECT id, rank_ms FROM public.job
          WHERE batch_id = capped_batch.id AND status = 'queued' AND dispatch_no = 0 AND capped
          ORDER BY rank_ms, id LIMIT LEAST(capped_batch.free, served.free) FOR UPDATE SKIP LOCKED
        ) AS best
        WHERE capped_batch.tenant_id = served.tenant_id
      ) AS ready
      ORDER BY rank_ms, id LIMIT served.free
    ) AS picked
    ORDER BY served.last_served_at LIMIT ${limit}
  ), rotated AS (
    UPDATE public.tenant SET last_served_at = now() WHERE id = ANY (ARRAY (SELECT tenant_id FROM fresh))
  )
  UPDATE public.job SET dispatched_at = now(), dispatch_no = dispatch_no + 1
  WHERE id = ANY (ARRAY (SELECT id FROM between_phases UNION ALL SELECT id FROM fresh))
  RETURNING id, lane, dispatch_no, traceparent,
    GREATEST(0, ceil(extract(epoch FROM due_at - now()) * 1000))::int AS delay_ms`;

/** A dispatched job that should have been taken up long ago. */
export type Overdue = { id: string; lane: Lane; dispatch_no: number; overdue_ms: number };

/** Jobs that were dispatched, are due since `graceMs`, and that nobody holds; in the order of their ids, after one. */
export async function findOverdue(
  db: Queryable,
  page: { graceMs: number; after: string; limit: number },
): Promise<Overdue[]> {
  const { rows } = await db.query<Overdue>(
    `SELECT id, lane, dispatch_no,
       (extract(epoch FROM now() - GREATEST(due_at, dispatched_at, lease_until)) * 1000)::float8 AS overdue_ms
     FROM public.job
     WHERE dispatched_at < now() - $1 * interval '1 ms' AND due_at < now() - $1 * interval '1 ms'
       AND finished_at IS NULL AND (lease_until IS NULL OR lease_until < now()) AND id > $2
     ORDER BY id LIMIT $3`,
    [page.graceMs, page.after, page.limit],
  );
  return rows;
}

/** Makes jobs ready again whose queue entry is gone. One that moved on meanwhile (another number) is left alone. */
export async function unmarkDispatched(db: Queryable, lost: readonly Overdue[]): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE public.job SET dispatched_at = NULL
     FROM unnest($1::text[], $2::int[]) AS lost(id, dispatch_no)
     WHERE job.id = lost.id AND job.dispatch_no = lost.dispatch_no AND finished_at IS NULL
       AND (lease_until IS NULL OR lease_until < now())`,
    [lost.map((job) => job.id), lost.map((job) => job.dispatch_no)],
  );
  return rowCount ?? 0;
}
