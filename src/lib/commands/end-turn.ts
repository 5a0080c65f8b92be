import type { Queryable } from '../db/database.ts';
import { type JobChange, writeJob } from '../db/job-writes.ts';
import { type JobRecord, NO_COST } from '../domain/job.ts';
import { faultPoint } from '../fault-point.ts';

/**
 * What a turn did is known: the job's new columns, and the session's turn is over.
 * @param state the state after the turn; undefined when it is as it was before.
 * @returns the job, or null when it was lost.
 */
export function endTurn(db: Queryable, job: JobRecord, change: JobChange, state?: unknown): Promise<JobRecord | null> {
  return writeJob(db, job, { ...change, session: { kind: 'turn', openForMs: null, state } });
}

/** It is proven that the message was not taken (architecture.md, money rule 3): the job may send again. */
export async function withdrawTurn(db: Queryable, job: JobRecord): Promise<JobRecord | null> {
  const cost = { ...NO_COST, before: job.cost.before };
  const withdrawn = await endTurn(db, job, { set: { turn_state: 'unsent', sent_at: null, charged: 'no', cost } });
  faultPoint('turn.withdrawn');
  return withdrawn;
}
