import type { JobRecord } from '../domain/job.ts';
import type { SessionStatus } from '../domain/session-view.ts';
import type { Queryable } from './database.ts';
import { prepared } from './prepared.ts';
import { WITHOUT_WAITING } from './synchronous-commit.ts';

/** A session as its holder needs it. */
export type SessionRow = {
  id: string;
  account_id: string | null;
  language: string | null;
  status: string;
  task_id: string | null;
  upstream_id: string | null;
  workspace_url: string | null;
  state: unknown;
  opened_by: string | null;
};

/** In a statement over `job`: the job's SessionRow, as JSON. */
export const SESSION_OF_JOB = `(SELECT row_to_json(held) FROM (
    SELECT id, account_id, language, status, task_id, upstream_id, workspace_url, state, opened_by
    FROM public.session WHERE session.id = job.session_id
  ) AS held)`;

/** The columns of a session that its holder may change. */
export type SessionPatch = Partial<{
  account_id: string;
  task_id: string | null;
  upstream_id: string | null;
  workspace_url: string | null;
  language: string;
  status: SessionStatus;
  /** Kept for the record, and to compare with after a turn. */
  state: unknown;
}>;

/**
 * Changes a session on behalf of the job that holds it, fenced like the job itself: a worker that lost the job does
 * not touch its session either. Nobody waits for the disk: a message is only sent into the session that the row knows
 * (begin-turn.ts).
 * @returns whether the session was changed; false means that the job was lost.
 */
export async function writeSession(db: Queryable, holder: JobRecord, patch: SessionPatch): Promise<boolean> {
  const values: unknown[] = [holder.session_id, holder.id, holder.owner];
  const sets = Object.entries(patch).map(([column, value]) =>
    column === 'state'
      ? `state = $${values.push(value === null ? null : JSON.stringify(value))}::json, state_at = now()`
      : `${column} = $${values.push(value)}`,
  );
  const text = `WITH changed AS (
       UPDATE public.session SET ${sets.join(', ')}
       FROM public.job AS holder
       WHERE session.id = $1 AND session.holder_job_id = $2
         AND holder.id = $2 AND holder.owner = $3 AND holder.finished_at IS NULL
       RETURNING session.id
     ) SELECT changed.id FROM changed, ${WITHOUT_WAITING}`;
  const { rowCount } = await db.query(prepared(text, values));
  return rowCount === 1;
}

/** Remembers the upstream's name for the account's user: register links carry it. */
export async function nameAccountUser(db: Queryable, accountId: string, userId: string): Promise<void> {
  await db.query('UPDATE public.account SET user_id = $2 WHERE id = $1 AND user_id IS DISTINCT FROM $2', [
    accountId,
    userId,
  ]);
}
