import type pg from 'pg';
import { now } from '../clock.ts';
import { type Queryable, transaction } from '../db/database.ts';
import { type JobPatch, writeJob } from '../db/job-writes.ts';
import type { JobRecord, TerminalStatus } from '../domain/job.ts';
import { terminalEvent } from '../domain/job-events.ts';

/**
 * Ends a job: the terminal write, its event and its webhook message in one statement, and the session handed to the
 * next job of its line in the same commit. A settle that lost its row changes nothing.
 * @returns the ended job, or null when the row was lost.
 */
export function settleJob(
  pool: pg.Pool,
  job: JobRecord,
  outcome: { status: TerminalStatus; set: JobPatch; turnOver: boolean },
): Promise<JobRecord | null> {
  return transaction(pool, async (client) => {
    const openMs = await lockSession(client, job.session_id, outcome.turnOver);
    const ended = await writeJob(client, job, {
      set: { ...outcome.set, status: outcome.status, waiting_reason: null, finished_at: now(), turn_fold: null },
      event: terminalEvent(outcome.status),
      hold: 'release',
      ...(outcome.turnOver && job.turn_ended_at === null ? { stamp: ['turn_ended_at'] } : {}),
    });
    if (ended) await handOn(client, job, openMs);
    return ended;
  });
}

/** Locks the row, so that no submit can add to the line meanwhile; gives the ms for which its turn may still be running. */
async function lockSession(client: Queryable, sessionId: string, turnOver: boolean): Promise<number> {
  const { rows } = await client.query<{ open_ms: number }>(
    `SELECT GREATEST(0, ceil(COALESCE(extract(epoch FROM turn_open_until - now()), 0) * 1000))::int AS open_ms
     FROM public.session WHERE id = $1 FOR UPDATE`,
    [sessionId],
  );
  return turnOver ? 0 : (rows[0]?.open_ms ?? 0);
}

/** The oldest waiting job of the session becomes its holder; it starts when a turn that may still run is over. */
async function handOn(client: Queryable, ended: JobRecord, openMs: number): Promise<void> {
  const { rows } = await client.query<JobRecord>(
    `SELECT * FROM public.job WHERE session_id = $1 AND finished_at IS NULL AND id <> $2
     ORDER BY created_at, id LIMIT 1 FOR UPDATE`,
    [ended.session_id, ended.id],
  );
  const next = rows[0] ?? null;
  await client.query(
    `UPDATE public.session
     SET holder_job_id = $2, turn_open_until = CASE WHEN $4 > 0 THEN turn_open_until END
     WHERE id = $1 AND holder_job_id = $3`,
    [ended.session_id, next?.id ?? null, ended.id, openMs],
  );
  if (next) {
    await writeJob(client, next, {
      set: { status: 'queued', waiting_reason: null },
      event: 'job.queued',
      dueInMs: openMs,
    });
  }
}
