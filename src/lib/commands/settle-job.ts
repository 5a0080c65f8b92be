import type pg from 'pg';
import { now } from '../clock.ts';
import { type Queryable, transaction } from '../db/database.ts';
import { type JobChange, type JobPatch, writeJob, writeKnown } from '../db/job-writes.ts';
import { handOn, lockJob } from '../db/session-line.ts';
import type { JobRecord, TerminalStatus } from '../domain/job.ts';
import { terminalEvent } from '../domain/job-events.ts';
import { countEnd } from '../metrics/count-end.ts';

export type Ending = {
  status: TerminalStatus;
  set?: JobPatch;
  /** The job's turn is known to be over; else its session stays closed for as long as a turn can take. */
  turnOver?: boolean;
  /** The session's state after the job's turn; undefined when it is as it was before. */
  state?: unknown;
};

/**
 * Ends a job: the terminal write, its event and its webhook messages in one statement, and the session handed to the
 * next job of its line in the same commit. A settle that lost its row changes nothing. A job whose cancel was accepted
 * ends `canceled`, with whatever its message brought.
 * @returns the ended job, or null when the row was lost.
 */
export async function settleJob(pool: pg.Pool, job: JobRecord, ending: Ending): Promise<JobRecord | null> {
  return (await settleAlone(pool, job, ending)) ?? (await settleInLine(pool, job, ending));
}

/** One statement, for a job that was not canceled and that nobody waits behind: nearly every one. Else null. */
export async function settleAlone(db: Queryable, job: JobRecord, ending: Ending): Promise<JobRecord | null> {
  const { turnOver = false, state } = ending;
  const ended = await writeKnown(db, job, {
    ...endingChange(job, ending),
    unlessCanceled: true,
    session: { kind: 'leave', turnOver, state },
  });
  if (ended) countEnd(ended);
  return ended;
}

function settleInLine(pool: pg.Pool, job: JobRecord, ending: Ending): Promise<JobRecord | null> {
  return transaction(pool, async (client) => {
    const locked = await lockJob(client, job.id, job.session_id);
    if (!locked) return null;
    const status = locked.job.cancel_requested_at === null ? ending.status : 'canceled';
    return endLocked(client, job, { ...ending, status }, locked.turnOpenMs);
  });
}

/** The end of a job whose session and row the caller has locked (lockJob). @returns null when the row was lost. */
export async function endLocked(
  client: Queryable,
  job: JobRecord,
  ending: Ending,
  turnOpenMs: number,
): Promise<JobRecord | null> {
  const ended = await writeJob(client, job, endingChange(job, ending));
  if (!ended) return null;
  await handOn(client, job, ending.turnOver ? 0 : turnOpenMs, ending.state);
  countEnd(ended);
  return ended;
}

function endingChange(job: JobRecord, { status, set, turnOver }: Ending): JobChange {
  return {
    set: { ...set, status, waiting_reason: null, finished_at: now(), turn_fold: null },
    event: terminalEvent(status),
    hold: 'release',
    ...(turnOver && job.turn_ended_at === null ? { stamp: ['turn_ended_at'] } : {}),
  };
}
