import type { Queryable } from './database.ts';

/** A file in the store, as it is to be recorded. */
export type NewAsset = {
  filename: string;
  contentType: string;
  kind: string;
  format: string;
  bytes: number;
  sha256: string;
  key: string;
};

export type AssetRow = {
  id: string;
  filename: string;
  content_type: string;
  kind: string;
  bytes: number;
  sha256: string;
  created_at: Date;
};

/**
 * After a client deleted an asset, a submit that has just named it may still be on its way; and a file that could not be
 * removed may have a better day.
 */
const DELETED_GRACE = "interval '1 minute'";

/** Records assets. @returns their rows, in the same order. */
export async function insertAssets(
  db: Queryable,
  tenantId: string,
  assets: readonly (NewAsset & { id: string })[],
): Promise<AssetRow[]> {
  const { rows } = await db.query<AssetRow>(
    `INSERT INTO public.asset (id, tenant_id, filename, content_type, kind, format, bytes, sha256, store_key)
     SELECT id, $1, filename, "contentType", kind, format, bytes, sha256, key
     FROM json_to_recordset($2::json) AS file(id text, filename text, "contentType" text, kind text, format text,
       bytes int, sha256 text, key text)
     RETURNING *`,
    [tenantId, JSON.stringify(assets)],
  );
  return rows;
}

/**
 * Marks assets as used now, for a job that is being stored in the same transaction: the removal does not take them
 * any more. In the order of their ids, so that two jobs cannot wait for each other.
 * @returns the ids that the tenant has; a missing one is unknown, or was removed meanwhile.
 */
export async function useAssets(db: Queryable, tenantId: string, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>(
    `WITH named AS (
       SELECT id FROM public.asset
       WHERE id = ANY($2) AND tenant_id = $1 AND deleted_at IS NULL ORDER BY id FOR UPDATE
     )
     UPDATE public.asset SET used_at = now() FROM named WHERE asset.id = named.id RETURNING asset.id`,
    [tenantId, ids],
  );
  return new Set(rows.map((row) => row.id));
}

/** Hides an asset from its tenant; its file goes when no open job needs it. @returns false where there is none. */
export async function deleteAsset(db: Queryable, tenantId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    'UPDATE public.asset SET deleted_at = now() WHERE id = $1 AND tenant_id = $2 AND deleted_at IS NULL',
    [id, tenantId],
  );
  return rowCount === 1;
}

/**
 * Removes up to `limit` assets that clients have deleted or that were last used more than `ttlMs` ago; never one that an
 * open job names. First they are deleted for clients, so that no job can name them any more; then `removeFiles` removes
 * what is stored under the keys and gives the keys that are gone, and their rows go. No transaction is open meanwhile: a
 * store may take its time. What stays is looked at again after the grace, behind all others. Several may run at once.
 * @returns how many were found and how many are gone.
 */
export async function removeAssets(
  db: Queryable,
  limits: { ttlMs: number; limit: number },
  removeFiles: (keys: string[]) => Promise<Set<string>>,
): Promise<{ found: number; removed: number }> {
  const { rows } = await db.query<{ id: string; store_key: string }>(
    `WITH unneeded AS (
       SELECT id FROM public.asset
       WHERE (used_at < now() - $1 * interval '1 ms' OR (deleted_at IS NOT NULL AND used_at < now() - ${DELETED_GRACE}))
         AND id NOT IN (
           SELECT unnest(asset_ids) FROM public.job WHERE finished_at IS NULL AND asset_ids <> '{}'
         )
       ORDER BY used_at LIMIT $2 FOR UPDATE SKIP LOCKED
     )
     UPDATE public.asset SET deleted_at = COALESCE(deleted_at, now()), used_at = now()
     FROM unneeded WHERE asset.id = unneeded.id RETURNING asset.id, store_key`,
    [limits.ttlMs, limits.limit],
  );
  if (rows.length === 0) return { found: 0, removed: 0 };
  const gone = await removeFiles(rows.map((row) => row.store_key));
  const ids = rows.filter((row) => gone.has(row.store_key)).map((row) => row.id);
  const { rowCount } = await db.query('DELETE FROM public.asset WHERE id = ANY($1)', [ids]);
  return { found: rows.length, removed: rowCount ?? 0 };
}
