import { PULLED_EVENTS } from '../domain/event-types.ts';
import type { Queryable } from './database.ts';

/** An event as it is pulled. */
export type PulledEvent = { id: string; type: string; at: Date; body: unknown };

/**
 * The public events of a tenant after `after` (null: from the first on), oldest first. The order is that of the
 * transactions that wrote them, and those that began while an older one is still open are held back: an id is made
 * before its commit, so whoever went by ids would pass by an event that is not there yet.
 * @returns null when `after` is not an event of the tenant's.
 */
export async function pullEvents(
  db: Queryable,
  tenantId: string,
  after: string | null,
  limit: number,
): Promise<PulledEvent[] | null> {
  const from = after === null ? { txid: '0', id: '' } : await placeOf(db, tenantId, after);
  if (from === null) return null;
  const { rows } = await db.query<PulledEvent>({
    name: 'pull_events',
    text: `SELECT id, type, at, body FROM public.event
      WHERE tenant_id = $1 AND (txid, id) > ($2::xid8, $3) AND txid < pg_snapshot_xmin(pg_current_snapshot())
        AND type = ANY ($4)
      ORDER BY txid, id LIMIT $5`,
    values: [tenantId, from.txid, from.id, PULLED_EVENTS, limit],
  });
  return rows;
}

async function placeOf(db: Queryable, tenantId: string, id: string): Promise<{ txid: string; id: string } | null> {
  const { rows } = await db.query<{ txid: string; id: string }>(
    'SELECT txid::text AS txid, id FROM public.event WHERE id = $1 AND tenant_id = $2',
    [id, tenantId],
  );
  return rows[0] ?? null;
}
