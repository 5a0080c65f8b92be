import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { sha256, type Vault } from '../crypto.ts';
import { findAccountOfTenant } from '../db/accounts.ts';
import { newId } from '../ids.ts';

/**
 * The account with which a tenant opens sessions (db/accounts.ts). It is made where it is not there yet: the one of
 * NEMO_TOKEN, or an anonymous identity, whose client id is made once and kept for ever.
 * @returns the account's id.
 */
export async function resolveAccount(
  pool: pg.Pool,
  vault: Vault,
  tenantId: string,
  nemoToken: string | undefined,
): Promise<string> {
  const find = () => findAccountOfTenant(pool, tenantId, nemoToken === undefined ? null : sha256(nemoToken));
  const known = await find();
  if (known !== null) return known;
  if (nemoToken === undefined) await makeAnonymousAccount(pool, tenantId);
  else await makeSharedAccount(pool, vault, nemoToken);
  // Whoever made the row, it is there now.
  const made = await find();
  if (made === null) throw new Error(`no account for ${tenantId}`);
  return made;
}

async function makeSharedAccount(pool: pg.Pool, vault: Vault, nemoToken: string): Promise<void> {
  await pool.query(
    `INSERT INTO public.account (id, kind, token_hash, token) VALUES ($1, 'registered', $2, $3)
     ON CONFLICT DO NOTHING`,
    [newId('acc'), sha256(nemoToken), vault.seal(nemoToken, 'account.token')],
  );
}

async function makeAnonymousAccount(pool: pg.Pool, tenantId: string): Promise<void> {
  await pool.query(
    `INSERT INTO public.account (id, tenant_id, kind, client_id) VALUES ($1, $2, 'anonymous', $3)
     ON CONFLICT DO NOTHING`,
    [newId('acc'), tenantId, randomUUID()],
  );
}
