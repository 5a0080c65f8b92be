import type pg from 'pg';
import { type Queryable, transaction } from '../db/database.ts';
import { writeJob } from '../db/job-writes.ts';
import { lockJob } from '../db/session-line.ts';
import { isTurnOpen } from '../domain/interruption.ts';
import { isTerminal, type JobRecord } from '../domain/job.ts';
import { Problem } from '../errors.ts';
import { endLocked } from './settle-job.ts';

/**
 * Cancels a job (api.md, "Jobs"): one that was never started ends at once; a started one is `canceling` until its
 * worker has let go. Asked for twice is the same as once. Throws job_already_terminal.
 */
export function cancelJob(pool: pg.Pool, job: JobRecord): Promise<JobRecord> {
  return transaction(pool, async (client) => {
    const locked = await lockJob(client, job.id, job.session_id);
    if (!locked) throw new Problem('not_found', 'There is no such job.');
    const current = locked.job;
    if (current.status === 'canceled') return current;
    if (isTerminal(current.status))
      throw new Problem('job_already_terminal', `The job has ended already: ${current.status}.`);
    const written =
      current.started_at === null
        ? await endLocked(client, current, { status: 'canceled' }, locked.turnOpenMs)
        : await requestCancel(client, current);
    if (!written) throw new Error(`${job.id} was locked and could not be changed`);
    return written;
  });
}

/** The worker that has the job is told with its next write or heartbeat; a job that sleeps is woken. */
async function requestCancel(client: Queryable, job: JobRecord): Promise<JobRecord | null> {
  if (job.cancel_requested_at !== null) return job;
  const wakes = !isTurnOpen(job) && !(await isHeld(client, job));
  return writeJob(client, job, {
    set: {},
    stamp: ['cancel_requested_at'],
    event: 'job.canceling',
    ...(wakes ? { dueInMs: 0, hold: 'redispatch' } : {}),
  });
}

/** Whether a living worker has the job. */
async function isHeld(client: Queryable, job: JobRecord): Promise<boolean> {
  const { rows } = await client.query<{ held: boolean }>(
    'SELECT COALESCE(lease_until > now(), false) AS held FROM public.job WHERE id = $1',
    [job.id],
  );
  return rows[0]?.held ?? false;
}
