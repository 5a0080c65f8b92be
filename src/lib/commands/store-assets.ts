import type pg from 'pg';
import { type AssetRow, insertAssets, type NewAsset } from '../db/assets.ts';
import { transaction } from '../db/database.ts';
import { claimKey, type RequestKey } from '../db/idempotency-keys.ts';
import { newId } from '../ids.ts';

/** Records files that are in the store: they are the tenant's assets from this commit on. Throws KeyTaken. */
export function storeAssets(
  pool: pg.Pool,
  tenantId: string,
  files: readonly NewAsset[],
  key: RequestKey | null,
): Promise<AssetRow[]> {
  const assets = files.map((file) => ({ ...file, id: newId('ast') }));
  return transaction(pool, async (client) => {
    await claimKey(
      client,
      key,
      assets.map((asset) => asset.id),
    );
    return insertAssets(client, tenantId, assets);
  });
}
