import { sha256, type Vault } from '../crypto.ts';
import type { Queryable } from '../db/database.ts';
import { newId } from '../ids.ts';

/**
 * The tenant works with this registered token from now on. Sessions keep the account that they were opened with, so a
 * token that was put before stays usable for them. The same token is the same account again.
 */
export async function registerAccount(db: Queryable, vault: Vault, tenantId: string, token: string): Promise<void> {
  await db.query(
    `INSERT INTO public.account (id, tenant_id, kind, token_hash, token, chosen_at)
     VALUES ($1, $2, 'registered', $3, $4, clock_timestamp())
     ON CONFLICT (tenant_id, token_hash) DO UPDATE SET token = EXCLUDED.token, chosen_at = EXCLUDED.chosen_at`,
    [newId('acc'), tenantId, sha256(token), vault.seal(token, 'account.token')],
  );
}

/** Forgets every registered token of the tenant: back to the account it had without. Their sessions are lost. */
export async function forgetRegistered(db: Queryable, tenantId: string): Promise<void> {
  await db.query(
    `UPDATE public.account SET token = NULL, chosen_at = NULL
     WHERE tenant_id = $1 AND kind = 'registered' AND token IS NOT NULL`,
    [tenantId],
  );
}
