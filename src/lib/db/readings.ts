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

/**
 * Of the jobs that workers have begun: how many messages are on their way or being listened to, and how many jobs a
 * worker holds or comes back to at a time that is set. Jobs that wait for credits may do so for days.
 */
export async function readBegunJobs(db: Queryable): Promise<{ conversations: number; in_hand: number }> {
  const { rows } = await db.query<{ conversations: number; in_hand: number }>({
    name: 'read_begun_jobs',
    text: `
      SELECT count(*) FILTER (WHERE phase = 'converse' AND turn_state = 'sending')::int AS conversations,
        count(*) FILTER (WHERE (lease_until > now() OR due_at > now())
          AND waiting_reason IS DISTINCT FROM 'credits')::int AS in_hand
      FROM public.job WHERE dispatch_no > 0 AND finished_at IS NULL`,
  });
  return rows[0] ?? { conversations: 0, in_hand: 0 };
}

/** Whose an account is: the operator's (NEMO_TOKEN), or a tenant's. */
export type Owner = 'operator' | 'tenants';

/**
 * The latest readings of the credits, added up by kind and owner of the account; a token that several tenants use counts
 * once. `nemoTokenHash` is that of NEMO_TOKEN, null where there is none.
 */
export async function readCredits(
  db: Queryable,
  nemoTokenHash: string | null,
): Promise<{ kind: string; owner: Owner; available: number; frozen: number }[]> {
  const { rows } = await db.query<{ kind: string; owner: Owner; available: number; frozen: number }>({
    name: 'read_credits',
    text: `
      WITH latest AS (
        SELECT DISTINCT ON (COALESCE(token_hash, account.id)) kind, reading.available, reading.frozen,
          CASE WHEN token_hash = $1 THEN 'operator' ELSE 'tenants' END AS owner
        FROM public.account CROSS JOIN LATERAL (
          SELECT available, frozen, at FROM public.credit_snapshot
          WHERE account_id = account.id ORDER BY at DESC LIMIT 1
        ) AS reading
        WHERE token IS NOT NULL
        ORDER BY COALESCE(token_hash, account.id), reading.at DESC
      )
      SELECT kind, owner, sum(available)::float8 AS available, sum(frozen)::float8 AS frozen
      FROM latest GROUP BY kind, owner`,
    values: [nemoTokenHash],
  });
  return rows;
}

/** As many due messages as are counted: by then it is plain that they pile up. */
const MOST_DUE = 100_000;

/**
 * The webhook messages that should have been sent by now, also those that are being sent, at most MOST_DUE; and since when
 * the oldest. Walks from lane to lane in the index of the pending ones: those that wait for their next attempt, which may
 * be many, are not looked at.
 */
export async function readDueMessages(db: Queryable): Promise<{ messages: number; oldest_s: number }> {
  const { rows } = await db.query<{ messages: number; oldest_s: number }>({
    name: 'read_due_messages',
    text: `
      WITH RECURSIVE lane AS (
        (SELECT lane_key, next_attempt_at AS first_at FROM public.webhook_message
         WHERE status = 'pending' ORDER BY lane_key, next_attempt_at LIMIT 1)
        UNION ALL
        SELECT next.* FROM lane CROSS JOIN LATERAL (
          SELECT lane_key, next_attempt_at FROM public.webhook_message
          WHERE status = 'pending' AND lane_key > lane.lane_key ORDER BY lane_key, next_attempt_at LIMIT 1
        ) AS next
      ), due AS (
        SELECT FROM lane JOIN public.webhook_message AS message ON message.lane_key = lane.lane_key
        WHERE lane.first_at <= now() AND message.status = 'pending' AND message.next_attempt_at <= now()
        LIMIT ${MOST_DUE}
      )
      SELECT (SELECT count(*) FROM due)::int AS messages,
        COALESCE(extract(epoch FROM now() - min(first_at) FILTER (WHERE first_at <= now())), 0)::float8 AS oldest_s
      FROM lane`,
  });
  return rows[0] ?? { messages: 0, oldest_s: 0 };
}
