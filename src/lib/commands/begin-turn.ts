import type pg from 'pg';
import { transaction } from '../db/database.ts';
import { writeJob } from '../db/job-writes.ts';
import type { Credits, JobRecord, Progress } from '../domain/job.ts';

/** A cancel came first: nothing may be sent. */
export class TurnForbidden extends Error {
  override readonly name = 'TurnForbidden';
}

/** The session's lock is no longer this job's: another job holds it. */
class SessionLost extends Error {
  override readonly name = 'SessionLost';
}

/**
 * The commit after which a message may be on its way (architecture.md, money rule 1): the job is `sending` from here
 * on, with what state and balance were before, and the session's turn counts as open until `turnMs` from now.
 * @returns the job, or null when it was lost; then nothing may be sent. Throws TurnForbidden.
 */
export function beginTurn(
  pool: pg.Pool,
  job: JobRecord,
  before: { state: unknown; stateHash: string; credits: Credits | null },
  progress: Progress,
  turnMs: number,
): Promise<JobRecord | null> {
  return transaction(pool, async (client) => {
    const { rowCount } = await client.query(
      `UPDATE public.session
       SET turn_open_until = now() + $3 * interval '1 ms', state = $4::json, state_at = now()
       WHERE id = $1 AND holder_job_id = $2`,
      [job.session_id, job.id, turnMs, JSON.stringify(before.state)],
    );
    if (rowCount !== 1) throw new SessionLost(`session ${job.session_id} is not held by ${job.id}`);
    const begun = await writeJob(client, job, {
      set: {
        phase: 'converse',
        status: 'running',
        waiting_reason: null,
        progress,
        turn_state: 'sending',
        turn_ended_at: null,
        turn_end: null,
        turn_fold: null,
        state_before_hash: before.stateHash,
        state_last_hash: null,
        recovery_reads: 0,
        charged: 'unknown',
        cost: { before: before.credits, after: null, charged: null, certainty: 'unknown' },
      },
      event: 'job.phase',
      stamp: ['sent_at'],
    });
    // Looked at under the row's lock: a cancel that was accepted before is obeyed, one that comes later waits.
    if (begun?.cancel_requested_at) throw new TurnForbidden(`${job.id} is to be canceled`);
    return begun;
  });
}
