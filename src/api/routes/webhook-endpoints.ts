import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { now } from '../../lib/clock.ts';
import { createEndpoint } from '../../lib/commands/create-endpoint.ts';
import { writeTenantEvent } from '../../lib/db/tenant-events.ts';
import { deleteEndpoint, rotateEndpointSecret, updateEndpoint } from '../../lib/db/webhook-endpoints.ts';
import { recoverMessages } from '../../lib/db/webhook-messages.ts';
import { type EndpointRecord, endpointView } from '../../lib/domain/endpoint-view.ts';
import { messageView } from '../../lib/domain/message-view.ts';
import { Problem, validationFailed } from '../../lib/errors.ts';
import { isId, newId } from '../../lib/ids.ts';
import { newWebhookSecret } from '../../lib/webhooks/sign.ts';
import type { ApiDeps } from '../deps.ts';
import { findMessage } from '../find-message.ts';
import { noBody } from '../schemas/answer.ts';
import { listQuery, listView, pageOf } from '../schemas/list.ts';
import { Endpoint, EndpointList, EndpointWithSecret, Message, Recovery } from '../schemas/webhook-answers.ts';
import { endpointSchemas, EndpointParams as params, Recover } from '../schemas/webhooks.ts';

/** Every event of a tenant is written once for each; nobody needs as many. */
const MAX_ENDPOINTS = 100;
/** How far back failed messages are sent again (the REST contract, "Webhooks"). In ms. */
const RECOVER_WITHIN_MS = 14 * 86_400_000;

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
  rotate: {
    operationId: 'rotateWebhookEndpointSecret',
    tags,
    summary: 'Make a new secret',
    description: 'The old one signs as well for 24 hours.',
    params,
    response: { 200: EndpointWithSecret },
  },
  test: {
    operationId: 'testWebhookEndpoint',
    tags,
    summary: 'Send a `webhook.test`',
    description: 'To a disabled endpoint too.',
    params,
    response: { 202: Message },
  },
  recover: {
    operationId: 'recoverWebhookEndpoint',
    tags,
    summary: 'Send failed messages again',
    params,
    body: Recover,
    response: { 202: Recovery },
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
        again: ([id]) => findEndpoint(tenantId, id),
      });
      reply.code(201).header('location', `/v1/webhook-endpoints/${row.id}`);
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
    endpointView(await findEndpoint(request.tenantId, request.params.id)),
  );

  app.patch('/webhook-endpoints/:id', { schema: { ...docs.patch, body: PatchEndpoint } }, async (request) =>
    endpointView(found(await updateEndpoint(db.pool, request.tenantId, request.params.id, request.body))),
  );

  app.delete('/webhook-endpoints/:id', { schema: docs.delete }, async (request, reply) => {
    if (!(await deleteEndpoint(db.pool, request.tenantId, request.params.id))) throw noEndpoint();
    return reply.code(204).send();
  });

  app.post('/webhook-endpoints/:id/rotate', { schema: docs.rotate }, async (request) => {
    const secret = newWebhookSecret();
    const sealed = vault.seal(secret, 'webhook_endpoint.secret');
    const row = found(await rotateEndpointSecret(db.pool, request.tenantId, request.params.id, sealed));
    return { ...endpointView(row), secret };
  });

  /** Sends a `webhook.test`, to a disabled endpoint too: whether it works again is to be seen before it is enabled. */
  app.post('/webhook-endpoints/:id/test', { schema: docs.test }, async (request, reply) => {
    const { tenantId } = request;
    const { id } = await findEndpoint(tenantId, request.params.id);
    const body = { object: 'webhook_test', endpoint_id: id };
    const [messageId = ''] = await writeTenantEvent(db.pool, {
      tenantId,
      type: 'webhook.test',
      body,
      onlyEndpoint: id,
    });
    return reply.code(202).send(messageView(await findMessage(db, tenantId, messageId)));
  });

  app.post('/webhook-endpoints/:id/recover', { schema: docs.recover }, async (request, reply) => {
    const { id } = await findEndpoint(request.tenantId, request.params.id);
    const { since, until = now() } = request.body;
    if (now().getTime() - since.getTime() > RECOVER_WITHIN_MS) {
      throw validationFailed([{ pointer: '/since', detail: 'Must be within the last 14 days.' }]);
    }
    const messages = await recoverMessages(db.pool, id, since, until);
    return reply.code(202).send({
      object: 'webhook_recovery' as const,
      endpoint_id: id,
      since: since.toISOString(),
      until: until.toISOString(),
      messages,
    });
  });

  async function checkRoom(tenantId: string): Promise<void> {
    if ((await db.prisma.webhook_endpoint.count({ where: { tenant_id: tenantId } })) < MAX_ENDPOINTS) return;
    const detail = `There are ${MAX_ENDPOINTS} endpoints already: delete one first.`;
    throw validationFailed([{ pointer: '', detail }]);
  }

  async function findEndpoint(tenantId: string, id: string): Promise<EndpointRecord> {
    const where = { id, tenant_id: tenantId };
    return found(isId(id, 'whe') ? ((await db.prisma.webhook_endpoint.findFirst({ where })) as EndpointRecord) : null);
  }
};

function found(endpoint: EndpointRecord | null): EndpointRecord {
  if (!endpoint) throw noEndpoint();
  return endpoint;
}

function noEndpoint(): Problem {
  return new Problem('not_found', 'There is no such webhook endpoint.');
}
