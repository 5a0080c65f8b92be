import type { JobRecord, Progress } from '../domain/job.ts';
import { STORED_TOKEN, type StoredToken } from './accounts.ts';
import { type Ask, IS_DUE } from './claims.ts';
import type { Queryable } from './database.ts';
import { WITHOUT_WAITING } from './synchronous-commit.ts';

/** A job that waits for its render and that nobody holds: what a look at the render needs of it. */
export type WaitingRender = Pick<
  JobRecord,
  | 'id'
  | 'tenant_id'
  | 'session_id'
  | 'request_id'
  | 'traceparent'
  | 'skill'
  | 'progress'
  | 'dispatch_no'
  | 'epoch'
  | 'seq'
> & { account: StoredToken; render_id: string };

/**
 * The jobs of these entries of the queue that only wait for a render which the upstream knows, in their order. Null for
 * any other: one that is held, not due, to be ended, or whose render has had its time (`timeoutMs`). Those have to be claimed.
 */
export async function waitingRenders(
  db: Queryable,
  asks: readonly Ask[],
  timeoutMs: number,
): Promise<(WaitingRender | null)[]> {
  const { rows } = await db.query<WaitingRender>({
    name: 'waiting_renders',
    text: `SELECT job.id, job.tenant_id, job.session_id, job.request_id, job.traceparent, job.skill, job.progress,
        job.dispatch_no, job.epoch, job.seq, account.stored AS account, render.id AS render_id
      FROM public.job
        CROSS JOIN LATERAL (
          SELECT account_id, upstream_id FROM public.session WHERE id = job.session_id LIMIT 1
        ) AS session
        CROSS JOIN LATERAL (
          SELECT row_to_json(stored) AS stored FROM (
            SELECT ${STORED_TOKEN} FROM public.account WHERE id = session.account_id LIMIT 1
          ) AS stored
        ) AS account
        CROSS JOIN LATERAL (
          SELECT id, state, submitted_at FROM public.render WHERE job_id = job.id ORDER BY number DESC LIMIT 1
        ) AS render
      WHERE job.id = ANY (ARRAY (SELECT unnest($1::text[])))
        -- By their ids, whatever the planner believes (claims.ts).
        AND COALESCE(job.dispatched_at IS NOT NULL AND job.finished_at IS NULL AND job.lease_until IS NULL
          AND job.status = 'waiting' AND job.waiting_reason = 'render' AND job.phase = 'render'
          AND job.cancel_requested_at IS NULL AND (job.deadline_at IS NULL OR job.deadline_at > now())
          AND ${IS_DUE}, false)
        AND session.upstream_id IS NOT NULL
        AND render.state = 'submitted' AND render.submitted_at > now() - $2 * interval '1 ms'`,
    values: [asks.map(({ jobId }) => jobId), timeoutMs],
  });
  const found = new Map(rows.map((row) => [row.id, row]));
  return asks.map(({ jobId, dispatchNo }) => {
    const row = found.get(jobId);
    return row?.dispatch_no === dispatchNo ? row : null;
  });
}

/** A job that was looked at and whose render is not there yet: it goes on waiting, and is due in so many ms. */
export type Parked = { job: WaitingRender; progress: Progress; dueInMs: number };

/**
 * Has jobs wait on, each until its next look; nothing that a client can see of them changes but the progress. Fenced
 * by all that a claim or a command would change, and due earlier when a deadline comes before. Nobody waits for the disk:
 * what is lost with the server is looked at sooner.
 * @returns in how many ms each is due, in their order; null for one whose row has changed since it was read.
 */
export async function parkAgain(db: Queryable, parked: readonly Parked[]): Promise<(number | null)[]> {
  const { rows } = await db.query<{ id: string; due_in_ms: number }>({
    name: 'park_again',
    text: `WITH parked AS (
      SELECT * FROM json_to_recordset($1::json)
        AS parked(id text, epoch int, seq int, dispatch_no int, progress json, due_in_ms int)
    ), again AS (
      UPDATE public.job
      SET progress = parked.progress, due_at = LEAST(deadline_at, now() + parked.due_in_ms * interval '1 ms')
      FROM parked
      WHERE job.id = ANY (ARRAY (SELECT id FROM parked)) AND job.id = parked.id AND job.epoch = parked.epoch
        AND job.seq = parked.seq AND job.dispatch_no = parked.dispatch_no
        AND COALESCE(job.dispatched_at IS NOT NULL AND job.finished_at IS NULL AND job.lease_until IS NULL
          AND job.cancel_requested_at IS NULL, false)
      RETURNING job.id, GREATEST(0, ceil(extract(epoch FROM job.due_at - now()) * 1000))::int AS due_in_ms
      ) SELECT again.* FROM again, ${WITHOUT_WAITING}`,
    values: [JSON.stringify(parked.map(rowOf))],
  });
  const due = new Map(rows.map(({ id, due_in_ms }) => [id, due_in_ms]));
  return parked.map(({ job }) => due.get(job.id) ?? null);
}

function rowOf({ job: { id, epoch, seq, dispatch_no }, progress, dueInMs }: Parked) {
  return { id, epoch, seq, dispatch_no, progress, due_in_ms: dueInMs };
}
