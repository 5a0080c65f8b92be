import type { Queryable } from '../db/database.ts';
import { writeJob } from '../db/job-writes.ts';
import type { Credits, JobRecord, Progress } from '../domain/job.ts';

/** A cancel came first: nothing may be sent. */
export class TurnForbidden extends Error {
  override readonly name = 'TurnForbidden';
}

/**
 * The commit after which a message may be on its way (architecture.md, money rule 1): the job is `sending` from here
 * on, with what state and balance were before, and the session's turn counts as open until `turnMs` from now. It takes
 * to the disk what the worker has written before. A cancel that was accepted before is obeyed, one that comes later waits.
 * @param turn.upstreamId the session into which the message goes: the one that the row knows, or none.
 * @returns the job, or null when it or its session was lost; then nothing may be sent. Throws TurnForbidden.
 */
export async function beginTurn(
  db: Queryable,
  job: JobRecord,
  before: { state: unknown; stateHash: string; credits: Credits | null },
  turn: { progress: Progress; upstreamId: string; turnMs: number },
): Promise<JobRecord | null> {
  const begun = await writeJob(db, job, {
    set: {
      phase: 'converse',
      status: 'running',
      waiting_reason: null,
      progress: turn.progress,
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
    session: { kind: 'turn', openForMs: turn.turnMs, state: before.state, upstreamId: turn.upstreamId },
  });
  if (begun === null && (await isToBeCanceled(db, job))) throw new TurnForbidden(`${job.id} is to be canceled`);
  return begun;
}

async function isToBeCanceled(db: Queryable, { id, owner }: JobRecord): Promise<boolean> {
  const { rowCount } = await db.query(
    `SELECT 1 FROM public.job
     WHERE id = $1 AND owner = $2 AND finished_at IS NULL AND cancel_requested_at IS NOT NULL`,
    [id, owner],
  );
  return rowCount === 1;
}
