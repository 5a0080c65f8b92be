import type { Queryable } from './database.ts';
import type { Place } from './insert-jobs.ts';

/**
 * Puts new jobs into the lines of sessions that are there already, in the transaction that stores the jobs. A session
 * that nobody holds gets the first of its jobs as holder; if a turn may still be running there, that job is due when
 * the turn must be over. The sessions stay locked until the commit, in the order of their ids, so that two
 * transactions cannot wait for each other.
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
