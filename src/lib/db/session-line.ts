import type { JobRecord } from '../domain/job.ts';
import type { Queryable } from './database.ts';
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
  const { rows: sessions } = await client.query<{ open_ms: number }>(
    `SELECT GREATEST(0, ceil(COALESCE(extract(epoch FROM turn_open_until - now()), 0) * 1000))::int AS open_ms
     FROM public.session WHERE id = $1 FOR UPDATE`,
    [sessionId],
  );
  const { rows: jobs } = await client.query<JobRecord>('SELECT * FROM public.job WHERE id = $1 FOR UPDATE', [jobId]);
  return jobs[0] ? { job: jobs[0], turnOpenMs: sessions[0]?.open_ms ?? 0 } : null;
}

/** The oldest waiting job of the session becomes its holder; it starts when a turn that may still run is over. */
export async function handOn(client: Queryable, ended: JobRecord, turnOpenMs: number): Promise<void> {
  const { rowCount } = await client.query(
    `UPDATE public.session SET holder_job_id = NULL, turn_open_until = CASE WHEN $3 > 0 THEN turn_open_until END
     WHERE id = $1 AND holder_job_id = $2`,
    [ended.session_id, ended.id, turnOpenMs],
  );
  // Only who holds it can hand it on: a job that leaves the line from its middle changes nothing for the others.
  if (rowCount !== 1) return;
  const { rows } = await client.query<JobRecord>(
    `SELECT * FROM public.job WHERE session_id = $1 AND finished_at IS NULL AND id <> $2
     ORDER BY created_at, id LIMIT 1 FOR UPDATE`,
    [ended.session_id, ended.id],
  );
  const next = rows[0];
  if (!next) return;
  await client.query('UPDATE public.session SET holder_job_id = $2 WHERE id = $1', [ended.session_id, next.id]);
  await writeJob(client, next, {
    set: { status: 'queued', waiting_reason: null },
    event: 'job.queued',
    dueInMs: turnOpenMs,
  });
}
