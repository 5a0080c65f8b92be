import type pg from 'pg';
import { findBatchesToStop } from '../db/batches.ts';
import { transaction } from '../db/database.ts';
import { endJobs } from '../db/end-jobs.ts';
import { jobError } from '../domain/failures.ts';
import type { JobError, JobRecord } from '../domain/job.ts';
import { Problem } from '../errors.ts';
import { countEnd } from '../metrics/count-end.ts';
import { cancelJob } from './cancel-job.ts';
import { endIfUnstarted } from './end-unstarted.ts';

/** Jobs of one transaction: their rows and sessions are locked for some tens of milliseconds. */
const CHUNK = 500;

/**
 * Does what is left to do for cancelled batches and for those whose `max_credits` are used up: jobs that have not
 * started are ended, in chunks; for a cancelled batch the others are asked to stop. May be broken off and repeated.
 */
export async function stopBatches(pool: pg.Pool, ids: readonly string[]): Promise<void> {
  for (const { id, cancelled } of await findBatchesToStop(pool, ids)) {
    const error = cancelled ? null : jobError('batch_credit_limit');
    while ((await endUnstarted(pool, id, error)) === CHUNK);
    await endUnstartedHeads(pool, id, error);
    if (cancelled) await cancelStarted(pool, id);
  }
}

/** Of `job` and its `session`: no worker has it, and nobody waits behind it for its session. */
const UNSTARTED = 'job.started_at IS NULL AND job.finished_at IS NULL';
const NO_HEIR = `(session.holder_job_id IS DISTINCT FROM job.id OR NOT EXISTS (
  SELECT 1 FROM public.job AS other
  WHERE other.session_id = job.session_id AND other.id <> job.id AND other.finished_at IS NULL))`;

/** Sessions first, then jobs, each in order of their ids: as everybody locks them. @returns how many were looked at. */
function endUnstarted(pool: pg.Pool, batchId: string, error: JobError | null): Promise<number> {
  return transaction(pool, async (client) => {
    const found = await client.query<{ id: string; session_id: string }>(
      `SELECT job.id, session.id AS session_id FROM public.job JOIN public.session ON session.id = job.session_id
       WHERE batch_id = $1 AND job.status IN ('queued', 'waiting', 'running') AND ${UNSTARTED} AND ${NO_HEIR}
       LIMIT ${CHUNK}`,
      [batchId],
    );
    if (found.rows.length === 0) return 0;
    await client.query('SELECT 1 FROM public.session WHERE id = ANY($1) ORDER BY id FOR UPDATE', [
      found.rows.map((row) => row.session_id),
    ]);
    const { rows } = await client.query<JobRecord>(
      `SELECT job.* FROM public.job JOIN public.session ON session.id = job.session_id
       WHERE job.id = ANY($1) AND ${UNSTARTED} AND ${NO_HEIR} ORDER BY job.id FOR UPDATE OF job`,
      [found.rows.map((row) => row.id)],
    );
    await endJobs(client, rows, { status: 'canceled', error });
    for (const job of rows) countEnd({ ...job, status: 'canceled', error });
    await client.query(
      'UPDATE public.session SET holder_job_id = NULL WHERE id = ANY($1) AND holder_job_id = ANY($2)',
      [rows.map((row) => row.session_id), rows.map((row) => row.id)],
    );
    return found.rows.length;
  });
}

/** Each hands its session on to the next in line. */
async function endUnstartedHeads(pool: pg.Pool, batchId: string, error: JobError | null): Promise<void> {
  const { rows } = await pool.query<{ id: string; session_id: string }>(
    `SELECT job.id, job.session_id FROM public.job
     JOIN public.session ON session.holder_job_id = job.id AND session.id = job.session_id
     WHERE batch_id = $1 AND job.status IN ('queued', 'waiting', 'running') AND ${UNSTARTED}`,
    [batchId],
  );
  for (const job of rows) await endIfUnstarted(pool, job, { status: 'canceled', set: { error } });
}

/** Their workers see it at their next write; one that sleeps is woken. */
async function cancelStarted(pool: pg.Pool, batchId: string): Promise<void> {
  const { rows } = await pool.query<JobRecord>(
    `SELECT * FROM public.job WHERE batch_id = $1 AND status IN ('queued', 'waiting', 'running')
       AND started_at IS NOT NULL AND cancel_requested_at IS NULL`,
    [batchId],
  );
  for (const job of rows) {
    await cancelJob(pool, job).catch((error) => {
      // It ended by itself meanwhile.
      if (!(error instanceof Problem && error.code === 'job_already_terminal')) throw error;
    });
  }
}
