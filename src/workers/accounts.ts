import { type ObtainedToken, obtainToken } from '../lib/commands/obtain-token.ts';
import { resolveAccount } from '../lib/commands/resolve-account.ts';
import type { Vault } from '../lib/crypto.ts';
import type { Database } from '../lib/db/database.ts';
import type { NemoClient } from '../lib/nemo/client.ts';
import type { SkillIdentity } from '../lib/nemo/transport.ts';

export type Accounts = {
  /** The id of the account with which a tenant opens sessions. */
  resolve(tenantId: string): Promise<string>;
  /**
   * A usable token. `refused`: the one that the upstream did not take; an anonymous account gets another.
   * Throws TokenRefused or UpstreamError.
   */
  token(accountId: string, skill: SkillIdentity, refused?: string): Promise<ObtainedToken>;
};

/** Accounts and their tokens; in one process, all who need the same token wait for one renewal. */
export function createAccounts(deps: {
  db: Database;
  vault: Vault;
  nemo: NemoClient;
  nemoToken: string | undefined;
}): Accounts {
  const underWay = new Map<string, Promise<ObtainedToken>>();
  return {
    resolve: (tenantId) => resolveAccount(deps.db.pool, deps.vault, tenantId, deps.nemoToken),
    token(accountId, skill, refused) {
      const key = `${accountId} ${refused ?? ''}`;
      const known = underWay.get(key);
      if (known) return known;
      const issue = (clientId: string) => deps.nemo.anonymousToken(clientId, skill);
      const obtained = obtainToken(deps.db.pool, deps.vault, accountId, issue, refused ?? null).finally(() =>
        underWay.delete(key),
      );
      underWay.set(key, obtained);
      return obtained;
    },
  };
}
