import type pg from 'pg';
import { hintOf, sha256, type Vault } from '../crypto.ts';
import { insertApiKey, insertTenant } from '../db/api-keys.ts';
import { transaction } from '../db/database.ts';

type ApiKeyRequest = {
  tenant: string;
  name: string;
  apiKey: string;
  /** Of the tenant, if this key is its first. */
  webhookSecret: string;
};

/**
 * Makes sure that the tenant exists and that the key opens it. Several processes may do so at once.
 * @returns the key as it is kept; null when it is there already.
 */
export function createApiKey(
  pool: pg.Pool,
  vault: Vault,
  { tenant, name, apiKey, webhookSecret }: ApiKeyRequest,
): Promise<{ id: string; hint: string; created_at: Date } | null> {
  return transaction(pool, async (client) => {
    await insertTenant(client, tenant, vault.seal(webhookSecret, 'tenant.webhook_secret'));
    const hint = hintOf(apiKey);
    const key = await insertApiKey(client, { tenantId: tenant, name, hash: sha256(apiKey), hint });
    return key && { ...key, hint };
  });
}
