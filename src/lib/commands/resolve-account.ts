import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { sha256, type Vault } from '../crypto.ts';
import { newId } from '../ids.ts';

/**
 * The account with which a tenant works: that of NEMO_TOKEN where there is one (all its users are one account), else
 * the tenant's own anonymous identity, whose client id is made once and kept for ever.
 * @returns the account's id.
 */
export async function resolveAccount(
  pool: pg.Pool,
  vault: Vault,
  tenantId: string,
  nemoToken: string | undefined,
): Promise<string> {
  const registered = nemoToken !== undefined;
  const inserted = registered
    ? await pool.query<{ id: string }>(
        `INSERT INTO public.account (id, kind, token_hash, token) VALUES ($1, 'registered', $2, $3)
         ON CONFLICT DO NOTHING RETURNING id`,
        [newId('acc'), sha256(nemoToken), vault.seal(nemoToken, 'account.token')],
      )
    : await pool.query<{ id: string }>(
        `INSERT INTO public.account (id, tenant_id, kind, client_id) VALUES ($1, $2, 'anonymous', $3)
         ON CONFLICT DO NOTHING RETURNING id`,
        [newId('acc'), tenantId, randomUUID()],
      );
  if (inserted.rows[0]) return inserted.rows[0].id;
  const existing = registered
    ? await pool.query<{ id: string }>('SELECT id FROM public.account WHERE token_hash = $1', [sha256(nemoToken)])
    : await pool.query<{ id: string }>("SELECT id FROM public.account WHERE tenant_id = $1 AND kind = 'anonymous'", [
        tenantId,
      ]);
  const account = existing.rows[0];
  if (!account) throw new Error(`no account for tenant ${tenantId}`);
  return account.id;
}
