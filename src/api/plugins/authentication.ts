import plugin from 'fastify-plugin';
import { sha256 } from '../../lib/crypto.ts';
import { findApiKey } from '../../lib/db/api-keys.ts';
import { Problem } from '../../lib/errors.ts';
import type { ApiDeps } from '../deps.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The tenant of the API key; empty outside of /v1. */
    tenantId: string;
  }
}

/** `Authorization: Bearer rk_…` decides the tenant; nothing of another is visible from there on. */
export const authentication = plugin(
  async (app, { db }: ApiDeps) => {
    app.decorateRequest('tenantId', '');
    app.addHook('onRequest', async (request) => {
      const key = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
      const owner = key === undefined ? null : await findApiKey(db.pool, sha256(key));
      if (!owner) throw new Problem('unauthorized', 'Send your API key as `Authorization: Bearer <key>`.');
      request.tenantId = owner.tenant_id;
    });
  },
  { name: 'authentication' },
);
