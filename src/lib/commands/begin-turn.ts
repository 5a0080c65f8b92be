import type { Queryable } from '../db/database.ts';
import { writeJob } from '../db/job-writes.ts';
import type { Credits, JobRecord, Progress } from '../domain/job.ts';

/** A cancel came first: nothing may be sent. */
export class TurnForbidden extends Error {
  override readonly name = 'TurnForbidden';
}

/**
 * The commit after which a message may be on its way (architecture.md, money rule 1): the job is `sending` from here
 * on, with what state and balance were before, and the session's turn counts as open until `turnMs` from now. A cancel
 * that was accepted before is obeyed, one that comes later waits.
 * @returns the job, or null when it was lost; then nothing may be sent. Throws TurnForbidden.
 */
export async function beginTurn(
  db: Queryable,
  job: JobRecord,
  before: { state: unknown; stateHash: string; credits: Credits | null },
  progress: Progress,
  turnMs: number,
): Promise<JobRecord | null> {
  const begun = await writeJob(db, job, {
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
    unlessCanceled: true,
    turn: { openForMs: turnMs, state: before.state },
  });
  if (begun === null && (await isToBeCanceled(db, job))) throw new TurnForbidden(`${job.id} is to be canceled`);
  return begun;
}

async function isToBeCanceled(db: Queryable, { id, epoch }: JobRecord): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT 1 FROM public.job
     WHERE id = $1 AND epoch = $2 AND finished_at IS NULL AND cancel_requested_at IS NOT NULL`,
    [id, epoch],
  );
  return rowCount === 1;
}
