import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import { sha256, type Vault } from '../crypto.ts';
import type { Queryable } from '../db/database.ts';
import { newId } from '../ids.ts';

/**
 * The account with which a tenant works: its own registered one, else that of NEMO_TOKEN (all its users are one
 * account), else its own anonymous identity, whose client id is made once and kept for ever.
 * @returns the account's id.
 */
export async function resolveAccount(
  pool: pg.Pool,
  vault: Vault,
  tenantId: string,
  nemoToken: string | undefined,
): Promise<string> {
  const own = await ownAccounts(pool, tenantId);
  if (own.registered !== null) return own.registered;
  if (nemoToken !== undefined) return sharedAccount(pool, vault, nemoToken);
  return own.anonymous ?? makeAnonymousAccount(pool, tenantId);
}

async function sharedAccount(pool: pg.Pool, vault: Vault, nemoToken: string): Promise<string> {
  const hash = sha256(nemoToken);
  const find = () => findId(pool, 'SELECT id FROM public.account WHERE tenant_id IS NULL AND token_hash = $1', [hash]);
  const known = await find();
  if (known !== null) return known;
  await pool.query(
    `INSERT INTO public.account (id, kind, token_hash, token) VALUES ($1, 'registered', $2, $3)
     ON CONFLICT DO NOTHING`,
    [newId('acc'), hash, vault.seal(nemoToken, 'account.token')],
  );
  return made(await find(), 'NEMO_TOKEN');
}

/** The tenant's own accounts: of those that it registered the one that it chose last. */
async function ownAccounts(pool: pg.Pool, tenantId: string) {
  const { rows } = await pool.query<{ registered: string | null; anonymous: string | null }>({
    name: 'own_accounts',
    text: `SELECT
        (SELECT id FROM public.account WHERE tenant_id = $1 AND kind = 'registered' AND token IS NOT NULL
         ORDER BY chosen_at DESC, id DESC LIMIT 1) AS registered,
        (SELECT id FROM public.account WHERE tenant_id = $1 AND kind = 'anonymous') AS anonymous`,
    values: [tenantId],
  });
  return rows[0] ?? { registered: null, anonymous: null };
}

async function makeAnonymousAccount(pool: pg.Pool, tenantId: string): Promise<string> {
  await pool.query(
    `INSERT INTO public.account (id, tenant_id, kind, client_id) VALUES ($1, $2, 'anonymous', $3)
     ON CONFLICT DO NOTHING`,
    [newId('acc'), tenantId, randomUUID()],
  );
  return made((await ownAccounts(pool, tenantId)).anonymous, tenantId);
}

async function findId(db: Queryable, text: string, values: string[]): Promise<string | null> {
  return (await db.query<{ id: string }>(text, values)).rows[0]?.id ?? null;
}

/** Whoever made the row, it is there now. */
function made(id: string | null, owner: string): string {
  if (id === null) throw new Error(`no account for ${owner}`);
  return id;
}
