import { createHash, randomBytes } from 'node:crypto';
import type { SandboxOptions } from './options.ts';
import { refusal } from './refusal.ts';

/** nemovideo-api.md: 7 days. In ms, of real time. */
const TOKEN_LIFE_MS = 7 * 24 * 3_600_000;

/** Credits are whole; `total` includes what is `frozen` for running turns. */
export type User = { id: string; total: number; frozen: number };
/** `expiresAt` as `Date.now()`. */
type IssuedToken = { token: string; user: User; expiresAt: number };

export type Identities = ReturnType<typeof createIdentities>;

/** Who may call (nemovideo-api.md, "POST /api/auth/anonymous-token"). */
export function createIdentities(options: SandboxOptions) {
  const byClientId = new Map<string, IssuedToken>();
  const byToken = new Map<string, IssuedToken>();
  const registered = new Map<string, User>();
  const issuedAtByIp = new Map<string, number[]>();

  return {
    /** A token for a client id: a new user's, or a fresh one of the same user. Throws a Refusal with HTTP 429. */
    issue(clientId: string, ip: string): IssuedToken {
      const now = Date.now();
      const previous = byClientId.get(clientId);
      if (previous && previous.expiresAt > now) throw refusal(429, 429, 'one token per client id per 7 days');
      const recent = (issuedAtByIp.get(ip) ?? []).filter((at) => at > now - TOKEN_LIFE_MS);
      if (recent.length >= options.ipTokenCap) throw refusal(429, 429, 'too many tokens for this address');
      issuedAtByIp.set(ip, [...recent, now]);
      const user = previous?.user ?? newUser('anon', clientId, options.credits);
      const token = `nmv_usr_${randomBytes(18).toString('base64url')}`;
      const issued = { token, user, expiresAt: now + TOKEN_LIFE_MS };
      byClientId.set(clientId, issued);
      byToken.set(token, issued);
      return issued;
    },

    /** The user of an `Authorization` header. Throws a Refusal with code 1001. */
    identify(authorization: string | undefined): User {
      const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
      if (token === undefined) throw refusal(401, 1001, 'authorization is missing');
      const issued = byToken.get(token);
      if (issued && issued.expiresAt > Date.now()) return issued.user;
      if (issued) throw refusal(401, 1001, 'token has expired');
      const isRegistered = token.startsWith('nmv_usr_') && !/bad|expired/i.test(token);
      if (!isRegistered && !options.registeredTokens.includes(token)) throw refusal(401, 1001, 'token is invalid');
      const user = registered.get(token) ?? newUser('usr', token, options.credits);
      registered.set(token, user);
      return user;
    },

    /** An anonymous user's token expires now; a registered one's does not. */
    expire(user: User): void {
      for (const issued of byToken.values()) if (issued.user === user) issued.expiresAt = 0;
    },

    /** Every user has so many credits more. */
    topUp(credits: number): void {
      const users = new Set([...registered.values(), ...[...byToken.values()].map((issued) => issued.user)]);
      for (const user of users) user.total += credits;
    },

    /** Every anonymous token expires now. */
    expireAll(): void {
      for (const issued of byToken.values()) issued.expiresAt = 0;
    },
  };
}

function newUser(prefix: string, seed: string, credits: number): User {
  const digest = createHash('sha256').update(seed).digest('hex').slice(0, 12);
  return { id: `${prefix}_${digest}`, total: credits, frozen: 0 };
}
