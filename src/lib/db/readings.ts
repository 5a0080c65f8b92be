import type { Queryable } from './database.ts';

export type OpenJobs = {
  type: string;
  status: string;
  jobs: number;
  /** Since the oldest of them was accepted. */
  oldest_s: number;
};

/** The jobs that have not ended, by type and status; from an index of the open ones alone. */
export async function readOpenJobs(db: Queryable): Promise<OpenJobs[]> {
  const { rows } = await db.query<OpenJobs>({
    name: 'read_open_jobs',
    text: `
      SELECT type, status, count(*)::int AS jobs, extract(epoch FROM now() - min(created_at))::float8 AS oldest_s
      FROM public.job WHERE finished_at IS NULL GROUP BY status, type`,
  });
  return rows;
}

/** How many messages are on their way or being listened to; among the jobs that workers have begun. */
export async function countConversations(db: Queryable): Promise<number> {
  const { rows } = await db.query<{ conversations: number }>({
    name: 'count_conversations',
    text: `
      SELECT count(*)::int AS conversations FROM public.job
      WHERE dispatch_no > 0 AND finished_at IS NULL AND phase = 'converse' AND turn_state = 'sending'`,
  });
  return rows[0]?.conversations ?? 0;
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

/**
 * The webhook messages that should have been sent by now, also those that are being sent, and since when the oldest.
 * One pass over the index of the pending ones.
 */
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
