import type { MessageStatus } from '../domain/message-view.ts';
import { newId } from '../ids.ts';
import type { Queryable } from './database.ts';
import { WITHOUT_WAITING } from './synchronous-commit.ts';

/** Failures and no success for so long disable an endpoint (the REST contract, "Webhooks"). In ms. */
const DISABLE_AFTER_MS = 5 * 86_400_000;

/** What one POST came to, and what follows from it. */
export type AttemptRecord = {
  messageId: string;
  endpointId: string | null;
  /** The claim that it belongs to (`DueMessage.attempts`). */
  attempt: number;
  /** Where it went. */
  url: string;
  at: Date;
  statusCode: number | null;
  durationMs: number;
  error: string | null;
  response: string;
  status: MessageStatus;
  /** Until the next attempt, in ms; only for `pending`. */
  retryInMs: number | null;
};

/**
 * Records attempts, what becomes of their messages and since when endpoints fail, in one statement. A message that was
 * claimed again or asked for again meanwhile keeps its state, one that was given up is not taken up again; the attempts
 * are kept in any case. Nobody waits for the disk: an attempt whose record is lost with the server is made again, under
 * the same id.
 * @returns the ids of endpoints that have failed for so long that they are to be disabled.
 */
export async function recordAttempts(db: Queryable, records: readonly AttemptRecord[]): Promise<string[]> {
  const health = healthOf(records);
  const { rows } = await db.query<{ id: string }>({
    name: 'record_attempts',
    text: RECORD,
    values: [
      records.map(() => newId('att')),
      records.map((record) => record.messageId),
      records.map((record) => record.attempt),
      records.map((record) => record.url),
      records.map((record) => record.at),
      records.map((record) => record.statusCode),
      records.map((record) => record.durationMs),
      records.map((record) => record.error),
      records.map((record) => record.response),
      records.map((record) => record.status),
      records.map((record) => record.retryInMs),
      [...health.keys()],
      [...health.values()],
    ],
  });
  return rows.map(({ id }) => id);
}

/** Which endpoints took at least one of these messages; one that took some is not failing. */
function healthOf(records: readonly AttemptRecord[]): Map<string, boolean> {
  const health = new Map<string, boolean>();
  for (const { endpointId, error } of records) {
    if (endpointId !== null) health.set(endpointId, error === null || health.get(endpointId) === true);
  }
  return health;
}

const RECORD = `
  WITH record AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::timestamptz[], $6::int[], $7::int[],
      $8::text[], $9::text[], $10::text[], $11::float8[]) AS r(id, message_id, attempt, url, at, status_code,
      duration_ms, error, response, status, retry_in_ms)
  ), health AS (
    SELECT * FROM unnest($12::text[], $13::boolean[]) AS h(endpoint_id, took_some)
  ), kept AS (
    INSERT INTO public.webhook_attempt (id, message_id, at, status_code, duration_ms, error, response)
    SELECT id, message_id, at, status_code, duration_ms, error, response FROM record, ${WITHOUT_WAITING}
  ), moved AS (
    UPDATE public.webhook_message AS message
    SET url = record.url,
      status = CASE WHEN message.status = 'failed' AND record.status = 'pending' THEN 'failed' ELSE record.status END,
      next_attempt_at = now() + record.retry_in_ms * interval '1 ms', leased_until = NULL
    FROM record
    WHERE message.id = record.message_id AND message.attempts = record.attempt AND message.resends = 0
  ), noted AS (
    UPDATE public.webhook_endpoint AS endpoint
    SET failing_since = CASE WHEN NOT health.took_some THEN now() END
    FROM health
    WHERE endpoint.id = health.endpoint_id AND health.took_some = (endpoint.failing_since IS NOT NULL)
  )
  SELECT endpoint.id FROM public.webhook_endpoint AS endpoint JOIN health ON health.endpoint_id = endpoint.id
  WHERE NOT health.took_some AND endpoint.enabled
    AND endpoint.failing_since <= now() - ${DISABLE_AFTER_MS} * interval '1 ms'`;
