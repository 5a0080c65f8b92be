import type pg from 'pg';
import { sha256, type Vault } from '../crypto.ts';
import { newId } from '../ids.ts';

/** The tenant of BOOTSTRAP_API_KEY. */
const DEFAULT_TENANT = 'default';

/** How many characters of a key are kept readable, so that people can tell keys apart. */
const HINT_LENGTH = 4;

/** Makes sure that the tenant `default` exists and that the key opens it. Several processes may do so at once. */
export async function bootstrapTenant(
  pool: pg.Pool,
  vault: Vault,
  input: { apiKey: string; webhookSecret: string },
): Promise<void> {
  await pool.query('INSERT INTO public.tenant (id, webhook_secret) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    DEFAULT_TENANT,
    vault.seal(input.webhookSecret, 'tenant.webhook_secret'),
  ]);
  await pool.query(
    `INSERT INTO public.api_key (id, tenant_id, name, hash, hint) VALUES ($1, $2, 'bootstrap', $3, $4)
     ON CONFLICT (hash) DO NOTHING`,
    [newId('key'), DEFAULT_TENANT, sha256(input.apiKey), input.apiKey.slice(-HINT_LENGTH)],
  );
}
