import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { createEndpoint } from '../../lib/commands/create-endpoint.ts';
import { deleteEndpoint, updateEndpoint } from '../../lib/db/webhook-endpoints.ts';
import { type EndpointRecord, endpointView } from '../../lib/domain/endpoint-view.ts';
import { validationFailed } from '../../lib/errors.ts';
import { newId } from '../../lib/ids.ts';
import { newWebhookSecret } from '../../lib/webhooks/sign.ts';
import type { ApiDeps } from '../deps.ts';
import { findEndpoint, foundEndpoint } from '../find-endpoint.ts';
import { noBody } from '../schemas/answer.ts';
import { listQuery, listView, pageOf } from '../schemas/list.ts';
import { Endpoint, EndpointList, EndpointWithSecret } from '../schemas/webhook-answers.ts';
import { endpointSchemas, EndpointParams as params } from '../schemas/webhooks.ts';

/** Every event of a tenant is written once for each; nobody needs as many. */
const MAX_ENDPOINTS = 100;
const tags = ['Webhooks'];
const docs = {
  create: {
    operationId: 'createWebhookEndpoint',
    tags,
    summary: 'Make an endpoint',
    description: 'What is sent is signed as Standard Webhooks 1.0 says; the secret is shown here and on rotation only.',
    response: { 201: EndpointWithSecret },
  },
  list: {
    operationId: 'listWebhookEndpoints',
    tags,
    summary: 'List the endpoints',
    querystring: listQuery('whe'),
    response: { 200: EndpointList },
  },
  get: { operationId: 'getWebhookEndpoint', tags, summary: 'Show an endpoint', params, response: { 200: Endpoint } },
  patch: {
    operationId: 'patchWebhookEndpoint',
    tags,
    summary: 'Change an endpoint',
    params,
    response: { 200: Endpoint },
  },
  delete: {
    operationId: 'deleteWebhookEndpoint',
    tags,
    summary: 'Delete an endpoint',
    params,
    response: { 204: noBody('It is gone.') },
  },
};
const CREATE_CONFIG = { takes: ['idempotency-key'], gives: ['location'] } as const;

/** Where the tenant wants its events sent. */
export const webhookEndpointRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, deps) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  const { db, vault, once, webhookPolicy } = deps;
  const { CreateEndpoint, PatchEndpoint } = endpointSchemas(webhookPolicy);

  app.post(
    '/webhook-endpoints',
    { schema: { ...docs.create, body: CreateEndpoint }, config: CREATE_CONFIG },
    async (request, reply) => {
      const { tenantId } = request;
      const row = await once(request, reply, {
        create: async (key) => {
          await checkRoom(tenantId);
          const secret = vault.seal(newWebhookSecret(), 'webhook_endpoint.secret');
          return createEndpoint(db.pool, { ...request.body, id: newId('whe'), tenantId, secret }, key);
        },
        again: ([id]) => findEndpoint(db, tenantId, id),
      });
      reply.code(201).header('location', `/v1/webhook-endpoints/${row.id}`).header('cache-control', 'no-store');
      return { ...endpointView(row), secret: vault.open(row.secret, 'webhook_endpoint.secret') };
    },
  );

  app.get('/webhook-endpoints', { schema: docs.list }, async (request) => {
    const page = pageOf(request.query);
    const where = { ...page.where, tenant_id: request.tenantId };
    const rows = await db.prisma.webhook_endpoint.findMany({ ...page, where });
    return listView(rows as EndpointRecord[], request.query, endpointView);
  });

  app.get('/webhook-endpoints/:id', { schema: docs.get }, async (request) =>
    endpointView(await findEndpoint(db, request.tenantId, request.params.id)),
  );

  app.patch('/webhook-endpoints/:id', { schema: { ...docs.patch, body: PatchEndpoint } }, async (request) =>
    endpointView(foundEndpoint(await updateEndpoint(db.pool, request.tenantId, request.params.id, request.body))),
  );

  app.delete('/webhook-endpoints/:id', { schema: docs.delete }, async (request, reply) => {
    foundEndpoint(await deleteEndpoint(db.pool, request.tenantId, request.params.id));
    return reply.code(204).send();
  });

  async function checkRoom(tenantId: string): Promise<void> {
    if ((await db.prisma.webhook_endpoint.count({ where: { tenant_id: tenantId } })) < MAX_ENDPOINTS) return;
    const detail = `There are ${MAX_ENDPOINTS} endpoints already: delete one first.`;
    throw validationFailed([{ pointer: '', detail }]);
  }
};
