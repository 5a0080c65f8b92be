import plugin from 'fastify-plugin';
import { bearerToken } from '../../lib/bearer-token.ts';
import { sha256 } from '../../lib/crypto.ts';
import { findApiKey } from '../../lib/db/api-keys.ts';
import { Problem } from '../../lib/errors.ts';
import type { ApiDeps } from '../deps.ts';

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

/** `Authorization: Bearer rk_…` decides the tenant; nothing of another is visible from there on. Its POSTs are counted. */
export const authentication = plugin(
  async (app, { db, keyUse, rateLimit }: ApiDeps) => {
    app.decorateRequest('tenantId', '');
    app.decorateRequest('keyId', '');
    app.addHook('onRequest', async (request, reply) => {
      const key = bearerToken(request.headers.authorization);
      const owner = key === null ? null : await findApiKey(db.pool, sha256(key));
      if (!owner) {
        // Whoever guesses keys has not many guesses, not even where there is nothing.
        rateLimit.spend(reply, `address ${request.ip}`, request.is404 && key === null ? 0 : 1);
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
