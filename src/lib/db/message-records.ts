import type { MessageRecord } from '../domain/message-view.ts';
import type { Queryable } from './database.ts';

/** Which messages of a tenant are looked for. */
export type MessageFilter = { id?: string; endpointId?: string; status?: string; before?: string; limit: number };

/**
 * Webhook messages of a tenant, newest first. Message and attempts are read in one statement: a message that has just
 * been recorded is never shown without its attempt.
 */
export async function readMessages(db: Queryable, tenantId: string, filter: MessageFilter): Promise<MessageRecord[]> {
  const values: unknown[] = [tenantId, filter.limit];
  const equal = (column: string, value: string | undefined) =>
    value === undefined ? '' : `AND ${column} = $${values.push(value)}`;
  const { rows } = await db.query<MessageRecord>(
    `SELECT message.id, endpoint_id, url, event_id, event_type, status, next_attempt_at, created_at,
       COALESCE((SELECT json_agg(json_build_object('at', at, 'status_code', status_code, 'duration_ms', duration_ms,
           'error', error, 'response', response) ORDER BY at, attempt.id)
         FROM public.webhook_attempt AS attempt WHERE attempt.message_id = message.id), '[]') AS attempts
     FROM public.webhook_message AS message
     WHERE tenant_id = $1 ${equal('message.id', filter.id)} ${equal('endpoint_id', filter.endpointId)}
       ${equal('status', filter.status)}
       ${filter.before === undefined ? '' : `AND message.id < $${values.push(filter.before)}`}
     ORDER BY message.id DESC LIMIT $2`,
    values,
  );
  return rows;
}
