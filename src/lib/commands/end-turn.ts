import type pg from 'pg';
import { transaction } from '../db/database.ts';
import { type JobChange, writeJob } from '../db/job-writes.ts';
import { lockJob } from '../db/session-line.ts';
import { type JobRecord, NO_COST } from '../domain/job.ts';
import { faultPoint } from '../fault-point.ts';

/**
 * What a turn did is known: the job's new columns, and the session's turn is over.
 * @param state the state after the turn; undefined when it is as it was before.
 * @returns the job, or null when it was lost.
 */
export function endTurn(pool: pg.Pool, job: JobRecord, change: JobChange, state?: unknown): Promise<JobRecord | null> {
  return transaction(pool, async (client) => {
    await lockJob(client, job.id, job.session_id);
    const written = await writeJob(client, job, change);
    if (!written) return null;
    await client.query(
      `UPDATE public.session SET turn_open_until = NULL, state = COALESCE($3::json, state), state_at = now()
       WHERE id = $1 AND holder_job_id = $2`,
      [job.session_id, job.id, state === undefined ? null : JSON.stringify(state)],
    );
    return written;
  });
}

/** It is proven that the message was not taken (architecture.md, money rule 3): the job may send again. */
export async function withdrawTurn(pool: pg.Pool, job: JobRecord): Promise<JobRecord | null> {
  const cost = { ...NO_COST, before: job.cost.before };
  const withdrawn = await endTurn(pool, job, { set: { turn_state: 'unsent', sent_at: null, charged: 'no', cost } });
  faultPoint('turn.withdrawn');
  return withdrawn;
}
