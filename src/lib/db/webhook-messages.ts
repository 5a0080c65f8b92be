import { newId } from '../ids.ts';
import type { Queryable } from './database.ts';

/** A claimed message: what to send, where, and in whose name. */
export type DueMessage = {
  id: string;
  url: string;
  event_type: string;
  attempts: number;
  /** The tenant's sealed signing secret. */
  secret: string;
  event_at: Date;
  tenant_id: string;
  /** null: it is not about a job. */
  job_id: string | null;
  traceparent: string | null;
  data: unknown;
};

/** What one POST came to, and what follows from it. */
export type AttemptRecord = {
  messageId: string;
  statusCode: number | null;
  durationMs: number;
  error: string | null;
  response: string;
  at: Date;
  status: 'pending' | 'delivered' | 'failed';
  /** Until the next attempt, in ms; only for `pending`. */
  retryInMs: number | null;
};

/**
 * Claims due messages for `leaseMs`: whoever claimed them and dies does not block them for longer. The count of
 * attempts goes up with the claim, so that a message cannot be tried for ever by a worker that always dies.
 */
export async function claimDueMessages(db: Queryable, limit: number, leaseMs: number): Promise<DueMessage[]> {
  const { rows } = await db.query<DueMessage>({
    name: 'claim_due_messages',
    text: `
      WITH due AS (
        SELECT id FROM public.webhook_message
        WHERE status = 'pending' AND next_attempt_at <= now()
        ORDER BY next_attempt_at LIMIT $1 FOR UPDATE SKIP LOCKED
      ), claimed AS (
        UPDATE public.webhook_message
        SET next_attempt_at = now() + $2 * interval '1 ms', attempts = attempts + 1
        WHERE id IN (SELECT id FROM due)
        RETURNING *
      )
      SELECT claimed.id, claimed.url, claimed.event_type, claimed.attempts, tenant.webhook_secret AS secret,
        event.at AS event_at, event.body AS data, claimed.tenant_id, event.job_id, job.traceparent
      FROM claimed
      JOIN public.event ON event.id = claimed.event_id
      JOIN public.tenant ON tenant.id = claimed.tenant_id
      LEFT JOIN public.job ON job.id = event.job_id`,
    values: [limit, leaseMs],
  });
  return rows;
}

/** Records attempts, and when each message is due again, in one statement. */
export async function recordAttempts(db: Queryable, records: readonly AttemptRecord[]): Promise<void> {
  await db.query({
    name: 'record_attempts',
    text: `
      WITH record AS (
        SELECT * FROM json_to_recordset($1::json) AS r(id text, message_id text, at timestamptz, status_code int,
          duration_ms int, error text, response text, status text, retry_in_ms bigint)
      ), kept AS (
        INSERT INTO public.webhook_attempt (id, message_id, at, status_code, duration_ms, error, response)
        SELECT id, message_id, at, status_code, duration_ms, error, response FROM record
      )
      UPDATE public.webhook_message AS message
      SET status = record.status, next_attempt_at = now() + record.retry_in_ms * interval '1 ms'
      FROM record WHERE message.id = record.message_id`,
    values: [
      JSON.stringify(
        records.map((record) => ({
          id: newId('att'),
          message_id: record.messageId,
          at: record.at,
          status_code: record.statusCode,
          duration_ms: record.durationMs,
          error: record.error,
          response: record.response,
          status: record.status,
          retry_in_ms: record.retryInMs,
        })),
      ),
    ],
  });
}
