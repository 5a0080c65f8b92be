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
  return (await findKeys(db, [key]))[0] ?? null;
}

/** What each of some keys was claimed for, in their order; null where it is free. Those that have expired are freed. */
export async function findKeys(db: Queryable, keys: readonly RequestKey[]): Promise<(ClaimedKey | null)[]> {
  const { rows } = await db.query<ClaimedKey & { asked: number; expired: boolean }>({
    name: 'find_keys',
    // LIMIT: each is looked up in the index by itself, whatever the planner thinks of the table.
    text: `SELECT asked.number::int - 1 AS asked, found.* FROM
        unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS asked(tenant_id, route, key, number)
      CROSS JOIN LATERAL (
        SELECT fingerprint, resource_ids, created_at < now() - ${KEEP_HOURS} * interval '1 hour' AS expired
        FROM public.idempotency_key AS k
        WHERE k.tenant_id = asked.tenant_id AND k.route = asked.route AND k.key = asked.key LIMIT 1
      ) AS found`,
    values: [keys.map((key) => key.tenantId), keys.map((key) => key.route), keys.map((key) => key.key)],
  });
  const found: (ClaimedKey | null)[] = keys.map(() => null);
  for (const { asked, expired, fingerprint, resource_ids } of rows) {
    const key = keys[asked];
    if (!expired) found[asked] = { fingerprint, resource_ids };
    else if (key) await freeKey(db, key);
  }
  return found;
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
