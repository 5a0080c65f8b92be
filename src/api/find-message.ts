import type { Database } from '../lib/db/database.ts';
import { Problem } from '../lib/errors.ts';
import { isId } from '../lib/ids.ts';

type MessageRow = {
  id: string;
  endpoint_id: string | null;
  url: string;
  event_id: string;
  event_type: string;
  status: string;
  next_attempt_at: Date | null;
  created_at: Date;
};

/** A webhook message of the tenant, with its attempts. Throws not_found. */
export async function findMessage(db: Database, tenantId: string, id: string) {
  const where = { id, tenant_id: tenantId };
  const row = isId(id, 'msg') ? await db.prisma.webhook_message.findFirst({ where }) : null;
  if (!row) throw noMessage();
  const [view] = await messageViews(db, [row]);
  return view;
}

/** Messages as clients see them, their attempts oldest first. */
export async function messageViews(db: Database, rows: readonly MessageRow[]) {
  const attempts = await db.prisma.webhook_attempt.findMany({
    where: { message_id: { in: rows.map(({ id }) => id) } },
    orderBy: [{ at: 'asc' }, { id: 'asc' }],
  });
  return rows.map((row) => ({
    id: row.id,
    object: 'webhook_message' as const,
    endpoint_id: row.endpoint_id,
    url: row.url,
    event_id: row.event_id,
    event_type: row.event_type,
    status: row.status,
    next_attempt_at: row.status === 'pending' ? (row.next_attempt_at?.toISOString() ?? null) : null,
    attempts: attempts
      .filter((attempt) => attempt.message_id === row.id)
      .map(({ at, status_code, duration_ms, error, response }) => ({
        at: at.toISOString(),
        status_code,
        duration_ms,
        error,
        response,
      })),
    created_at: row.created_at.toISOString(),
  }));
}

export function noMessage(): Problem {
  return new Problem('not_found', 'There is no such webhook message.');
}
