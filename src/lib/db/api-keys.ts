import type { Queryable } from './database.ts';

/** Who a key belongs to; null when there is no such key, or it was revoked. */
export async function findApiKey(db: Queryable, hash: string): Promise<{ id: string; tenant_id: string } | null> {
  const { rows } = await db.query<{ id: string; tenant_id: string }>({
    name: 'find_api_key',
    text: 'SELECT id, tenant_id FROM public.api_key WHERE hash = $1 AND revoked_at IS NULL',
    values: [hash],
  });
  return rows[0] ?? null;
}
