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
}

/** `Authorization: Bearer rk_…` decides the tenant; nothing of another is visible from there on. */
export const authentication = plugin(
  async (app, { db, keyUse }: ApiDeps) => {
    app.decorateRequest('tenantId', '');
    app.decorateRequest('keyId', '');
    app.addHook('onRequest', async (request) => {
      const key = bearerToken(request.headers.authorization);
      const owner = key === null ? null : await findApiKey(db.pool, sha256(key));
      if (!owner) throw new Problem('unauthorized', 'Send your API key as `Authorization: Bearer <key>`.');
      request.tenantId = owner.tenant_id;
      request.keyId = owner.id;
      keyUse.note(owner.id);
    });
  },
  { name: 'authentication' },
);
