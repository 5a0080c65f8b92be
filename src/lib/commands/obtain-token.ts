import type pg from 'pg';
import type { Vault } from '../crypto.ts';
import { transaction } from '../db/database.ts';

/** A token that expires within this time is renewed before it is used, in ms: a call may last so long. */
const EXPIRY_MARGIN_MS = 60_000;
/** nemovideo-api.md: a token without `expires_at` lasts 7 days. */
const TOKEN_LIFE_MS = 7 * 24 * 3_600_000;

/** Asks the upstream for a token; the narrow port of this command. */
export type IssueToken = (
  clientId: string,
) => Promise<{ token: string; user_id: string | null; expires_at: string | null }>;

export type ObtainedToken = { token: string; userId: string | null };

/** The account's token is refused or gone, and it is not ours to get another. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
}

type Row = {
  kind: string;
  client_id: string | null;
  token: string | null;
  token_expires_at: Date | null;
  user_id: string | null;
};

/**
 * A usable token of the account. An anonymous one that has expired, or was `refused`, is renewed under a lock on its
 * row: one renewal at a time for all processes, stored before anybody uses it.
 * Throws TokenRefused for a registered token that was refused, or what `issue` throws.
 */
export async function obtainToken(
  pool: pg.Pool,
  vault: Vault,
  accountId: string,
  issue: IssueToken,
  refused: string | null = null,
): Promise<ObtainedToken> {
  const usable = (row: Row | undefined): ObtainedToken | null => {
    if (!row?.token || (row.token_expires_at && row.token_expires_at.getTime() < Date.now() + EXPIRY_MARGIN_MS))
      return null;
    const token = vault.open(row.token, 'account.token');
    return token === refused ? null : { token, userId: row.user_id };
  };
  const read = 'SELECT kind, client_id, token, token_expires_at, user_id FROM public.account WHERE id = $1';
  const known = usable((await pool.query<Row>(read, [accountId])).rows[0]);
  if (known) return known;

  return transaction(pool, async (client) => {
    const { rows } = await client.query<Row>(`${read} FOR UPDATE`, [accountId]);
    const renewedByAnother = usable(rows[0]);
    if (renewedByAnother) return renewedByAnother;
    const clientId = rows[0]?.client_id;
    if (!clientId) throw new TokenRefused(`the token of account ${accountId} was refused`);
    const issued = await issue(clientId);
    const told = Date.parse(issued.expires_at ?? '');
    const expiresAt = new Date(Number.isNaN(told) ? Date.now() + TOKEN_LIFE_MS : told);
    await client.query(
      'UPDATE public.account SET token = $2, token_expires_at = $3, user_id = COALESCE($4, user_id) WHERE id = $1',
      [accountId, vault.seal(issued.token, 'account.token'), expiresAt, issued.user_id],
    );
    return { token: issued.token, userId: issued.user_id ?? rows[0]?.user_id ?? null };
  });
}
