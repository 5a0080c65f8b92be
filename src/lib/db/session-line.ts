import type { JobRecord } from '../domain/job.ts';
import type { Queryable } from './database.ts';
import type { Place } from './insert-jobs.ts';
import { writeJob } from './job-writes.ts';

/** The jobs of one session stand in line: one holds it, the others wait for their turn. */

/**
 * Locks a job's session, so that the line cannot change meanwhile, and then the job: always in this order, which is what
 * keeps two commands from waiting for each other.
 * @returns the job as it is now, and for how many ms a turn may still be running upstream; null for one that is gone.
 */
export async function lockJob(
  client: Queryable,
  jobId: string,
  sessionId: string,
): Promise<{ job: JobRecord; turnOpenMs: number } | null> {
  const { rows } = await client.query<JobRecord & { open_ms: number }>({
    name: 'lock_job',
    // The job's row is locked when the join has found it, so after the session's.
    text: `WITH line AS MATERIALIZED (
        SELECT GREATEST(0, ceil(COALESCE(extract(epoch FROM turn_open_until - now()), 0) * 1000))::int AS open_ms
        FROM public.session WHERE id = $2 FOR UPDATE
      )
      SELECT job.*, line.open_ms FROM line CROSS JOIN public.job WHERE job.id = $1 FOR UPDATE OF job`,
    values: [jobId, sessionId],
  });
  if (!rows[0]) return null;
  const { open_ms: turnOpenMs, ...job } = rows[0];
  return { job, turnOpenMs };
}

/**
 * The oldest waiting job of the session, which the caller has locked, becomes its holder; it starts when a turn that may
 * still run is over. Only who holds a session can hand it on: a job that leaves the line from its middle changes nothing
 * for the others.
 * @param state the session's state after the job; undefined when it is as it was before.
 */
export async function handOn(client: Queryable, ended: JobRecord, turnOpenMs: number, state?: unknown): Promise<void> {
  const { rows } = await client.query<JobRecord>({
    name: 'leave_session',
    text: `WITH left_session AS (
        UPDATE public.session SET holder_job_id = NULL, turn_open_until = CASE WHEN $3 > 0 THEN turn_open_until END,
          state = COALESCE($4::json, state), state_at = CASE WHEN $4::json IS NULL THEN state_at ELSE now() END
        WHERE id = $1 AND holder_job_id = $2
        RETURNING id
      )
      SELECT * FROM public.job
      WHERE session_id = $1 AND finished_at IS NULL AND id <> $2 AND EXISTS (SELECT FROM left_session)
      ORDER BY created_at, id LIMIT 1 FOR UPDATE`,
    values: [ended.session_id, ended.id, turnOpenMs, state === undefined ? null : JSON.stringify(state)],
  });
  const next = rows[0];
  if (!next) return;
  await client.query('UPDATE public.session SET holder_job_id = $2 WHERE id = $1', [ended.session_id, next.id]);
  await writeJob(client, next, {
    set: { status: 'queued', waiting_reason: null },
    event: 'job.queued',
    dueInMs: turnOpenMs,
  });
}

/**
 * Puts new jobs into the lines of sessions that are there already, in the transaction that stores the jobs. A session
 * that nobody holds gets the first of its jobs as holder; if a turn may still be running there, that job is due when
 * the turn must be over. The sessions are written in any case, by which a job that ends there sees that the line has
 * changed (session-change.ts), and stay locked until the commit, in the order of their ids, so that two transactions
 * cannot wait for each other.
 * @returns the places by job id; none for a job whose session the tenant does not have.
 */
export async function joinSessions(
  db: Queryable,
  tenantId: string,
  jobs: readonly { id: string; sessionId: string }[],
): Promise<Map<string, Place>> {
  const { rows } = await db.query<{ id: string; holder_job_id: string; due_at: Date | null }>(
    `WITH first AS (
       SELECT DISTINCT ON (session_id) session_id, job_id
       FROM unnest($2::text[], $3::text[]) WITH ORDINALITY AS asked(session_id, job_id, position)
       ORDER BY session_id, position
     ), locked AS (
       SELECT id FROM public.session
       WHERE id = ANY($2) AND tenant_id = $1 ORDER BY id FOR UPDATE
     )
     UPDATE public.session SET holder_job_id = COALESCE(session.holder_job_id, first.job_id)
     FROM locked JOIN first ON first.session_id = locked.id
     WHERE session.id = locked.id
     RETURNING session.id, session.holder_job_id,
       CASE WHEN session.turn_open_until > now() THEN session.turn_open_until END AS due_at`,
    [tenantId, jobs.map((job) => job.sessionId), jobs.map((job) => job.id)],
  );
  const sessions = new Map(rows.map((row) => [row.id, row]));
  const places = new Map<string, Place>();
  for (const { id, sessionId } of jobs) {
    const session = sessions.get(sessionId);
    if (!session) continue;
    const isHead = session.holder_job_id === id;
    places.set(id, { sessionId, isHead, dueAt: isHead ? session.due_at : null });
  }
  return places;
}
