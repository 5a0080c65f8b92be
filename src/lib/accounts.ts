import { type ObtainedToken, openToken, renewToken, TokenGone } from './commands/obtain-token.ts';
import { resolveAccount } from './commands/resolve-account.ts';
import type { Vault } from './crypto.ts';
import { readStoredToken, type StoredToken } from './db/accounts.ts';
import type { Database } from './db/database.ts';
import type { NemoClient } from './nemo/client.ts';
import type { SkillIdentity } from './nemo/transport.ts';
import { rememberOpened } from './opened-secrets.ts';
import { createSlots } from './slots.ts';

/** A renewal holds a connection while it asks the upstream: a slow upstream must not take them all from the others. */
const RENEWALS_AT_ONCE = 4;

export type Accounts = {
  /** The id of the account with which a tenant opens sessions. */
  resolve(tenantId: string): Promise<string>;
  /**
   * A usable token of the account, given its id or what was read of it just now. `refused`: the one that the upstream
   * did not take; an anonymous account gets another. Throws TokenRefused or UpstreamError.
   */
  token(account: string | StoredToken, skill: SkillIdentity, refused?: string): Promise<ObtainedToken>;
};

/** Accounts and their tokens; in one process, all who need the same token wait for one renewal. */
export function createAccounts(deps: {
  db: Database;
  vault: Vault;
  nemo: Pick<NemoClient, 'anonymousToken'>;
  nemoToken: string | undefined;
}): Accounts {
  const { db, vault, nemo } = deps;
  const opened = rememberOpened(vault);
  const underWay = new Map<string, Promise<ObtainedToken>>();
  const inSlot = createSlots(RENEWALS_AT_ONCE);

  const obtain = async (accountId: string, skill: SkillIdentity, refused: string | null) => {
    const issue = (clientId: string) => nemo.anonymousToken(clientId, skill);
    const stored = await readStoredToken(db.pool, accountId);
    if (stored === null) throw new TokenGone(`there is no account ${accountId}`);
    return openToken(opened, stored, refused) ?? inSlot(() => renewToken(db.pool, vault, accountId, issue, refused));
  };

  return {
    resolve: (tenantId) => resolveAccount(db.pool, vault, tenantId, deps.nemoToken),
    async token(account, skill, refused) {
      if (typeof account !== 'string') {
        const read = openToken(opened, account, refused ?? null);
        if (read) return read;
      }
      const accountId = typeof account === 'string' ? account : account.account_id;
      const key = `${accountId} ${refused ?? ''}`;
      const known = underWay.get(key);
      if (known) return known;
      const obtained = obtain(accountId, skill, refused ?? null).finally(() => underWay.delete(key));
      underWay.set(key, obtained);
      return obtained;
    },
  };
}
