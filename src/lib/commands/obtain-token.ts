import type pg from 'pg';
import { now } from '../clock.ts';
import type { Vault } from '../crypto.ts';
import { lockStoredToken, type StoredToken } from '../db/accounts.ts';
import { transaction } from '../db/database.ts';
import { faultPoint } from '../fault-point.ts';

/** A token that expires within this time is renewed before it is used, in ms: a call may last so long. */
const EXPIRY_MARGIN_MS = 60_000;
/** nemovideo-api.md: a token without `expires_at` lasts 7 days. */
const TOKEN_LIFE_MS = 7 * 24 * 3_600_000;

/** Asks the upstream for a token; the narrow port of this command. */
type IssueToken = (clientId: string) => Promise<{ token: string; user_id: string | null; expires_at: string | null }>;

export type ObtainedToken = { token: string; userId: string | null };

/** The upstream refuses the account's token, and it is not ours to get another. */
export class TokenRefused extends Error {
  override readonly name: string = 'TokenRefused';
}

/** The tenant has taken the account's token away. */
export class TokenGone extends TokenRefused {
  override readonly name = 'TokenGone';
}

/**
 * The account's token, if it can be used: it has not expired and is not the one that was `refused`.
 * @returns null for an anonymous one that has to be renewed. Throws TokenRefused, TokenGone for a registered one.
 */
export function openToken(
  vault: Pick<Vault, 'open'>,
  stored: StoredToken,
  refused: string | null,
): ObtainedToken | null {
  const token = usable(stored, vault, refused);
  if (token || stored.kind === 'anonymous') return token;
  if (stored.token === null) throw new TokenGone(`account ${stored.account_id} has no token any more`);
  throw new TokenRefused(`the token of account ${stored.account_id} was refused`);
}

/**
 * Gets an anonymous account another token, under a lock on its row: one renewal at a time for all processes, stored
 * before anybody uses it. Throws what `issue` throws.
 */
export async function renewToken(
  pool: pg.Pool,
  vault: Vault,
  accountId: string,
  issue: IssueToken,
  refused: string | null,
): Promise<ObtainedToken> {
  return transaction(pool, async (client) => {
    const row = await lockStoredToken(client, accountId);
    const renewedByAnother = row && usable(row, vault, refused);
    if (renewedByAnother) return renewedByAnother;
    if (!row?.client_id) throw new Error(`account ${accountId} is not anonymous`);
    faultPoint('token.asking');
    const issued = await issue(row.client_id);
    faultPoint('token.issued');
    const told = Date.parse(issued.expires_at ?? '');
    const expiresAt = new Date(Number.isNaN(told) ? now().getTime() + TOKEN_LIFE_MS : told);
    await client.query(
      'UPDATE public.account SET token = $2, token_expires_at = $3, user_id = COALESCE($4, user_id) WHERE id = $1',
      [accountId, vault.seal(issued.token, 'account.token'), expiresAt, issued.user_id],
    );
    return { token: issued.token, userId: issued.user_id ?? row.user_id };
  });
}

function usable(stored: StoredToken, vault: Pick<Vault, 'open'>, refused: string | null): ObtainedToken | null {
  const { token: sealed, token_expires_ms, user_id } = stored;
  if (sealed === null) return null;
  if (token_expires_ms !== null && token_expires_ms < now().getTime() + EXPIRY_MARGIN_MS) return null;
  const token = vault.open(sealed, 'account.token');
  return token === refused ? null : { token, userId: user_id };
}
