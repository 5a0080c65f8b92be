import type { Queryable } from './database.ts';

export type OpenJobs = {
  type: string;
  status: string;
  jobs: number;
  /** Of those, the ones whose message is on its way or being listened to. */
  conversations: number;
  /** Since the oldest of them was accepted. */
  oldest_s: number;
};

/** The jobs that have not ended, by type and status: one pass over the index of the open ones. */
export async function readOpenJobs(db: Queryable): Promise<OpenJobs[]> {
  const { rows } = await db.query<OpenJobs>({
    name: 'read_open_jobs',
    text: `
      SELECT type, status, count(*)::int AS jobs,
        (count(*) FILTER (WHERE phase = 'converse' AND turn_state = 'sending'))::int AS conversations,
        extract(epoch FROM now() - min(created_at))::float8 AS oldest_s
      FROM public.job WHERE finished_at IS NULL GROUP BY type, status`,
  });
  return rows;
}

/** The latest readings of the credits, added up by kind of account; a token that several tenants use counts once. */
export async function readCredits(db: Queryable): Promise<{ kind: string; available: number; frozen: number }[]> {
  const { rows } = await db.query<{ kind: string; available: number; frozen: number }>({
    name: 'read_credits',
    text: `
      WITH latest AS (
        SELECT DISTINCT ON (COALESCE(token_hash, account.id)) kind, reading.available, reading.frozen
        FROM public.account CROSS JOIN LATERAL (
          SELECT available, frozen, at FROM public.credit_snapshot
          WHERE account_id = account.id ORDER BY at DESC LIMIT 1
        ) AS reading
        WHERE token IS NOT NULL
        ORDER BY COALESCE(token_hash, account.id), reading.at DESC
      )
      SELECT kind, sum(available)::float8 AS available, sum(frozen)::float8 AS frozen FROM latest GROUP BY kind`,
  });
  return rows;
}

/** The webhook messages that should have been sent by now, and since when the oldest. */
export async function readDueMessages(db: Queryable): Promise<{ messages: number; oldest_s: number }> {
  const { rows } = await db.query<{ messages: number; oldest_s: number }>({
    name: 'read_due_messages',
    text: `
      SELECT count(*)::int AS messages,
        COALESCE(extract(epoch FROM now() - min(next_attempt_at)), 0)::float8 AS oldest_s
      FROM public.webhook_message WHERE status = 'pending' AND next_attempt_at <= now()`,
  });
  return rows[0] ?? { messages: 0, oldest_s: 0 };
}
