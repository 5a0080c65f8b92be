import { randomBytes } from 'node:crypto';
import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { createApiKey } from '../../lib/commands/create-api-key.ts';
import { revokeApiKey } from '../../lib/db/api-keys.ts';
import { Problem } from '../../lib/errors.ts';
import { isId } from '../../lib/ids.ts';
import { newWebhookSecret } from '../../lib/webhooks/sign.ts';
import type { ApiDeps } from '../deps.ts';
import { noBody } from '../schemas/answer.ts';
import { ApiKeyList, ApiKeyParams, CreateApiKey, ListApiKeys, NewApiKey } from '../schemas/api-keys.ts';
import { listView, pageOf } from '../schemas/list.ts';

/** As much as nobody guesses. In bytes. */
const KEY_BYTES = 32;

const docs = {
  create: {
    operationId: 'createApiKey',
    tags: ['Operation'],
    summary: 'Make a key',
    body: CreateApiKey,
    response: { 201: NewApiKey },
  },
  list: {
    operationId: 'listApiKeys',
    tags: ['Operation'],
    summary: 'List the keys',
    querystring: ListApiKeys,
    response: { 200: ApiKeyList },
  },
  delete: {
    operationId: 'deleteApiKey',
    tags: ['Operation'],
    summary: 'Revoke a key',
    params: ApiKeyParams,
    response: { 204: noBody('It is worth nothing any more.') },
  },
};

/** The keys of all tenants, for whoever runs the service. */
export const apiKeyRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db, vault }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.post('/api-keys', { schema: docs.create }, async (request, reply) => {
    const { tenant, name } = request.body;
    const key = `rk_${randomBytes(KEY_BYTES).toString('base64url')}`;
    const made = await createApiKey(db.pool, vault, { tenant, name, apiKey: key, webhookSecret: newWebhookSecret() });
    if (!made) throw new Error('a new key was there already');
    // Shown this once, so not to be kept by anything on the way.
    reply.code(201).header('cache-control', 'no-store');
    return { id: made.id, tenant, name, key, hint: made.hint, created_at: made.created_at.toISOString() };
  });

  app.get('/api-keys', { schema: docs.list }, async ({ query }) => {
    const { where, ...page } = pageOf(query);
    const ofTenant = query.tenant === undefined ? {} : { tenant_id: query.tenant };
    const keys = await db.prisma.api_key.findMany({ where: { ...where, ...ofTenant, revoked_at: null }, ...page });
    return listView(keys, query, (key) => ({
      id: key.id,
      tenant: key.tenant_id,
      name: key.name,
      hint: key.hint,
      created_at: key.created_at.toISOString(),
      last_used_at: key.last_used_at?.toISOString() ?? null,
    }));
  });

  app.delete('/api-keys/:id', { schema: docs.delete }, async (request, reply) => {
    const { id } = request.params;
    if (!isId(id, 'key') || !(await revokeApiKey(db.pool, id))) throw new Problem('not_found', 'There is no such key.');
    return reply.code(204).send();
  });
};
