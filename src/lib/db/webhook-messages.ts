import { PROGRESS_EVENT } from '../domain/event-types.ts';
import type { Queryable } from './database.ts';

/** Sends a message again that is the tenant's: at once, with an attempt of its own, and the schedule begins anew. */
export async function resendMessage(db: Queryable, tenantId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE public.webhook_message AS message SET ${RESEND}
     WHERE id = $1 AND tenant_id = $2 AND EXISTS (SELECT FROM public.event WHERE event.id = message.event_id)
       AND (endpoint_id IS NULL OR EXISTS (SELECT FROM public.webhook_endpoint AS e WHERE e.id = message.endpoint_id))`,
    [id, tenantId],
  );
  return rowCount === 1;
}

/** Sends the failed messages of an endpoint again that were made in this time. @returns how many. */
export async function recoverMessages(db: Queryable, endpointId: string, since: Date, until: Date): Promise<number> {
  const { rowCount } = await db.query(
    `UPDATE public.webhook_message SET ${RESEND}
     WHERE endpoint_id = $1 AND status = 'failed' AND event_type <> '${PROGRESS_EVENT}'
       AND created_at >= $2 AND created_at <= $3`,
    [endpointId, since, until],
  );
  return rowCount ?? 0;
}

/** Whoever is at it at the moment finds `resends` when it records, and leaves the message due. */
const RESEND = `status = 'pending', resends = resends + 1, tries = 0, asked = true, next_attempt_at = now(),
  leased_until = NULL`;
