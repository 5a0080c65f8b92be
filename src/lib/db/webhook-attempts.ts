import type { MessageStatus } from '../domain/message-view.ts';
import { newId } from '../ids.ts';
import type { Queryable } from './database.ts';
import { WITHOUT_WAITING } from './synchronous-commit.ts';
import { FAILS_TOO_LONG } from './webhook-endpoints.ts';

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
  const { rows } = await db.query<{ id: string }>({
    name: 'record_attempts',
    text: RECORD,
    values: [JSON.stringify(records.map(rowOf)), JSON.stringify(healthOf(records))],
  });
  return rows.map(({ id }) => id);
}

function rowOf(record: AttemptRecord) {
  return {
    id: newId('att'),
    message_id: record.messageId,
    attempt: record.attempt,
    url: record.url,
    at: record.at,
    status_code: record.statusCode,
    duration_ms: record.durationMs,
    error: record.error,
    response: record.response,
    status: record.status,
    retry_in_ms: record.retryInMs,
  };
}

/** Which endpoints took at least one of these messages; one that took some is not failing. */
function healthOf(records: readonly AttemptRecord[]) {
  const health = new Map<string, boolean>();
  for (const { endpointId, error } of records) {
    if (endpointId !== null) health.set(endpointId, error === null || health.get(endpointId) === true);
  }
  return [...health].map(([endpoint_id, took_some]) => ({ endpoint_id, took_some }));
}

/** All are looked up by their ids, whatever the planner believed when it made the plan (docs/decisions/0018). */
const RECORD = `
  WITH record AS (
    SELECT * FROM json_to_recordset($1::json) AS r(id text, message_id text, attempt int, url text, at timestamptz,
      status_code int, duration_ms int, error text, response text, status text, retry_in_ms float8)
  ), health AS (
    SELECT * FROM json_to_recordset($2::json) AS h(endpoint_id text, took_some boolean)
  ), kept AS (
    INSERT INTO public.webhook_attempt (id, message_id, at, status_code, duration_ms, error, response)
    SELECT id, message_id, at, status_code, duration_ms, error, response FROM record, ${WITHOUT_WAITING}
  ), moved AS (
    UPDATE public.webhook_message AS message
    SET url = record.url,
      status = CASE WHEN message.status = 'failed' AND record.status = 'pending' THEN 'failed' ELSE record.status END,
      next_attempt_at = now() + record.retry_in_ms * interval '1 ms', leased_until = NULL
    FROM record
    WHERE message.id = ANY (ARRAY (SELECT message_id FROM record)) AND message.id = record.message_id
      AND message.attempts = record.attempt AND message.resends = 0
  ), noted AS (
    UPDATE public.webhook_endpoint AS endpoint
    SET failing_since = CASE WHEN NOT health.took_some THEN now() END
    FROM health
    WHERE endpoint.id = ANY (ARRAY (SELECT endpoint_id FROM health)) AND endpoint.id = health.endpoint_id
      AND health.took_some = (endpoint.failing_since IS NOT NULL)
  )
  SELECT endpoint.id FROM public.webhook_endpoint AS endpoint JOIN health ON health.endpoint_id = endpoint.id
  WHERE endpoint.id = ANY (ARRAY (SELECT endpoint_id FROM health)) AND NOT health.took_some AND endpoint.enabled
    AND ${FAILS_TOO_LONG}`;
