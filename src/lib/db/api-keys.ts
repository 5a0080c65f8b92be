import { newId } from '../ids.ts';
import type { Queryable } from './database.ts';

export type KeyOwner = { id: string; tenant_id: string };

/**
 * Who each of some keys belongs to, in their order; null where there is no such key, or it was revoked. Asked anew for every
 * request, so that a revoked key is worth nothing from then on: one look into a unique index.
 */
export async function findApiKeys(db: Queryable, hashes: readonly string[]): Promise<(KeyOwner | null)[]> {
  const { rows } = await db.query<KeyOwner & { hash: string }>({
    name: 'find_api_keys',
    text: `SELECT hash, id, tenant_id FROM public.api_key
      WHERE hash = ANY (ARRAY (SELECT unnest($1::text[]))) AND revoked_at IS NULL`,
    values: [[...new Set(hashes)]],
  });
  const owners = new Map(rows.map(({ hash, id, tenant_id }) => [hash, { id, tenant_id }]));
  return hashes.map((hash) => owners.get(hash) ?? null);
}

/** A tenant that is there already keeps its secret. */
export async function insertTenant(db: Queryable, id: string, sealedWebhookSecret: string): Promise<void> {
  await db.query('INSERT INTO public.tenant (id, webhook_secret) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    id,
    sealedWebhookSecret,
  ]);
}

export type NewApiKey = { tenantId: string; name: string; hash: string; hint: string };

/** @returns null when the key is there already, revoked or not. */
export async function insertApiKey(
  db: Queryable,
  { tenantId, name, hash, hint }: NewApiKey,
): Promise<{ id: string; created_at: Date } | null> {
  const { rows } = await db.query<{ id: string; created_at: Date }>(
    `INSERT INTO public.api_key (id, tenant_id, name, hash, hint) VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (hash) DO NOTHING RETURNING id, created_at`,
    [newId('key'), tenantId, name, hash, hint],
  );
  return rows[0] ?? null;
}

/** @returns whether there was such a key. */
export async function revokeApiKey(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'UPDATE public.api_key SET revoked_at = now() WHERE id = $1 AND revoked_at IS NULL',
    [id],
  );
  return rowCount === 1;
}

/** Notes that keys were just used; one whose use was noted less than `spanMs` ago, by any process, is left as it is. */
export async function noteKeyUse(db: Queryable, ids: readonly string[], spanMs: number): Promise<void> {
  await db.query({
    name: 'note_key_use',
    text: `UPDATE public.api_key SET last_used_at = now()
      WHERE id = ANY($1) AND COALESCE(last_used_at < now() - $2 * interval '1 ms', true)`,
    values: [ids, spanMs],
  });
}
