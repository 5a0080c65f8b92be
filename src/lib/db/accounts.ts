import type { Queryable } from './database.ts';

/** What is stored of an account and its token, which is sealed. */
export type StoredToken = {
  account_id: string;
  kind: string;
  client_id: string | null;
  token: string | null;
  /** Milliseconds since 1970. */
  token_expires_ms: number | null;
  user_id: string | null;
};

/** In a statement over `account`: the columns of a StoredToken. */
export const STORED_TOKEN = `account.id AS account_id, account.kind, account.client_id, account.token,
  (extract(epoch FROM account.token_expires_at) * 1000)::float8 AS token_expires_ms, account.user_id`;

/**
 * SQL for the id of the account with which a tenant opens sessions: its own registered one, of several the one that it
 * chose last; else that of NEMO_TOKEN, where there is one (its hash; all its users are one account); else its own
 * anonymous one. Null where that is not there yet.
 */
export function accountOfTenant(tenantId: string, nemoTokenHash: string): string {
  return `COALESCE(
    (SELECT own.id FROM public.account AS own
     WHERE own.tenant_id = ${tenantId} AND own.kind = 'registered' AND own.token IS NOT NULL
     ORDER BY own.chosen_at DESC, own.id DESC LIMIT 1),
    CASE WHEN ${nemoTokenHash}::text IS NULL
      THEN (SELECT own.id FROM public.account AS own WHERE own.tenant_id = ${tenantId} AND own.kind = 'anonymous')
      ELSE (SELECT shared.id FROM public.account AS shared
        WHERE shared.tenant_id IS NULL AND shared.token_hash = ${nemoTokenHash})
    END)`;
}

/** The id of the account with which a tenant opens sessions; null where it is not there yet. */
export async function findAccountOfTenant(
  db: Queryable,
  tenantId: string,
  nemoTokenHash: string | null,
): Promise<string | null> {
  const { rows } = await db.query<{ id: string | null }>({
    name: 'account_of_tenant',
    text: `SELECT ${accountOfTenant('$1', '$2')} AS id`,
    values: [tenantId, nemoTokenHash],
  });
  return rows[0]?.id ?? null;
}

/** What is stored of an account; null where there is none. */
export async function readStoredToken(db: Queryable, accountId: string): Promise<StoredToken | null> {
  const { rows } = await db.query<StoredToken>({
    name: 'read_token',
    text: `SELECT ${STORED_TOKEN} FROM public.account WHERE id = $1`,
    values: [accountId],
  });
  return rows[0] ?? null;
}

/** The same, with its row locked. */
export async function lockStoredToken(db: Queryable, accountId: string): Promise<StoredToken | null> {
  const { rows } = await db.query<StoredToken>(`SELECT ${STORED_TOKEN} FROM public.account WHERE id = $1 FOR UPDATE`, [
    accountId,
  ]);
  return rows[0] ?? null;
}
