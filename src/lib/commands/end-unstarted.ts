import type pg from 'pg';
import { transaction } from '../db/database.ts';
import { lockJob } from '../db/session-line.ts';
import { jobError } from '../domain/failures.ts';
import { type Ending, endLocked } from './settle-job.ts';

/**
 * Ends jobs whose time ran out before they were started: `expired` by their `start_timeout`, or failed by their
 * deadline, whichever came first. Several may run at once.
 * @returns how many were found, at most `limit`.
 */
export async function endUnstarted(pool: pg.Pool, limit: number): Promise<number> {
  const { rows } = await pool.query<{ id: string; session_id: string; expired: boolean }>(
    `SELECT id, session_id, COALESCE(expires_at <= LEAST(deadline_at, now()), false) AS expired FROM public.job
     WHERE started_at IS NULL AND finished_at IS NULL AND LEAST(expires_at, deadline_at) <= now()
     ORDER BY LEAST(expires_at, deadline_at) LIMIT $1`,
    [limit],
  );
  for (const row of rows) {
    const ending: Ending = row.expired
      ? { status: 'expired' }
      : { status: 'failed', set: { error: jobError('deadline_exceeded') } };
    await endIfUnstarted(pool, row, ending);
  }
  return rows.length;
}

/** Ends a job and hands its session on to the next in line. One that a worker has started meanwhile is left to it. */
export function endIfUnstarted(
  pool: pg.Pool,
  { id, session_id }: { id: string; session_id: string },
  ending: Ending,
): Promise<void> {
  return transaction(pool, async (client) => {
    const locked = await lockJob(client, id, session_id);
    if (!locked || locked.job.started_at !== null || locked.job.finished_at !== null) return;
    await endLocked(client, locked.job, ending, locked.turnOpenMs);
  });
}
