import type { Queryable } from './database.ts';

/** The contract: a key is kept for so long. In hours. */
const KEEP_HOURS = 24;

/** A client's key for one request, and what that request said. */
export type RequestKey = { tenantId: string; route: string; key: string; fingerprint: string };

/** Another request with this key was first; nothing was written. */
export class KeyTaken extends Error {
  override readonly name = 'KeyTaken';
}

/**
 * Claims a key for what is created in the same transaction; without a key there is nothing to claim. Waits for another
 * request with the same key that is about to commit. Throws KeyTaken.
 */
export async function claimKey(db: Queryable, key: RequestKey | null, resourceIds: readonly string[]): Promise<void> {
  if (!key) return;
  const { rowCount } = await db.query(
    `INSERT INTO public.idempotency_key (tenant_id, route, key, fingerprint, resource_ids)
     VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`,
    [key.tenantId, key.route, key.key, key.fingerprint, resourceIds],
  );
  if (rowCount !== 1) throw new KeyTaken(`the key was taken for ${key.route}`);
}

export type ClaimedKey = { fingerprint: string; resource_ids: string[] };

/** What a key was claimed for; null where it is free. One that has expired is freed. */
export async function findKey(db: Queryable, key: RequestKey): Promise<ClaimedKey | null> {
  const { rows } = await db.query<ClaimedKey & { expired: boolean }>({
    name: 'find_key',
    text: `SELECT fingerprint, resource_ids, created_at < now() - ${KEEP_HOURS} * interval '1 hour' AS expired
      FROM public.idempotency_key WHERE tenant_id = $1 AND route = $2 AND key = $3`,
    values: [key.tenantId, key.route, key.key],
  });
  const found = rows[0];
  if (found?.expired) await freeKey(db, key);
  return found && !found.expired ? found : null;
}

async function freeKey(db: Queryable, key: RequestKey): Promise<void> {
  await db.query(
    `DELETE FROM public.idempotency_key WHERE tenant_id = $1 AND route = $2 AND key = $3
       AND created_at < now() - ${KEEP_HOURS} * interval '1 hour'`,
    [key.tenantId, key.route, key.key],
  );
}

/** Removes up to `limit` keys that have expired. Several may run at once (SKIP LOCKED). @returns how many. */
export async function removeExpiredKeys(db: Queryable, limit: number): Promise<number> {
  const { rowCount } = await db.query(
    `DELETE FROM public.idempotency_key WHERE ctid = ANY(ARRAY(
       SELECT ctid FROM public.idempotency_key WHERE created_at < now() - ${KEEP_HOURS} * interval '1 hour'
       ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED))`,
    [limit],
  );
  return rowCount ?? 0;
}
