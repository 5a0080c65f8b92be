import plugin from 'fastify-plugin';
import { bearerToken } from '../../lib/bearer-token.ts';
import { sha256 } from '../../lib/crypto.ts';
import { findApiKeys, type KeyOwner } from '../../lib/db/api-keys.ts';
import { shareStatements } from '../../lib/db/share-statements.ts';
import { Problem } from '../../lib/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { addressOf } from '../rate-limit.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The tenant of the API key; empty outside of /v1. */
    tenantId: string;
    /** The API key itself, by its id; empty outside of /v1. */
    keyId: string;
  }
  interface FastifyContextConfig {
    /** A POST that starts nothing, and does not count against SUBMIT_RATE_LIMIT. */
    unlimited?: boolean;
  }
}

/** Keys of one statement: as many requests as may be asking within its millisecond. */
const MAX_KEYS = 1_000;
/** Statements at once: should a connection hang, the others still have one. */
const MAX_STATEMENTS = 2;

/** `Authorization: Bearer rk_…` decides the tenant; nothing of another is visible from there on. Its POSTs are counted. */
export const authentication = plugin(
  async (app, { db, keyUse, rateLimit }: ApiDeps) => {
    app.decorateRequest('tenantId', '');
    app.decorateRequest('keyId', '');
    const owners = shareStatements<string, KeyOwner | null>({
      maxItems: MAX_KEYS,
      maxAtOnce: MAX_STATEMENTS,
      run: (hashes) => findApiKeys(db.pool, hashes),
    });
    app.addHook('onRequest', async (request, reply) => {
      const key = bearerToken(request.headers.authorization);
      const owner = key === null ? null : await owners.add(sha256(key));
      if (!owner) {
        // Whoever guesses keys has not many guesses, not even where there is nothing.
        rateLimit.spend(reply, addressOf(request), request.is404 && key === null ? 0 : 1);
        // 404 and 405 are for everybody.
        if (request.is404) return;
        throw new Problem('unauthorized', 'Send your API key as `Authorization: Bearer <key>`.');
      }
      request.tenantId = owner.tenant_id;
      request.keyId = owner.id;
      keyUse.note(owner.id);
      const costs = request.method === 'POST' && !request.routeOptions.config.unlimited;
      rateLimit.spend(reply, `key ${owner.id}`, costs ? 1 : 0);
    });
  },
  { name: 'authentication' },
);
