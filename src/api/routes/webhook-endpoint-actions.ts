import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { now } from '../../lib/clock.ts';
import { writeTenantEvent } from '../../lib/db/tenant-events.ts';
import { rotateEndpointSecret } from '../../lib/db/webhook-endpoints.ts';
import { recoverMessages } from '../../lib/db/webhook-messages.ts';
import { endpointView } from '../../lib/domain/endpoint-view.ts';
import { messageView } from '../../lib/domain/message-view.ts';
import { validationFailed } from '../../lib/errors.ts';
import { newWebhookSecret } from '../../lib/webhooks/sign.ts';
import type { ApiDeps } from '../deps.ts';
import { findEndpoint, foundEndpoint } from '../find-endpoint.ts';
import { findMessage } from '../find-message.ts';
import { EndpointWithSecret, Message, Recovery } from '../schemas/webhook-answers.ts';
import { EndpointParams as params, Recover } from '../schemas/webhooks.ts';

/** How far back failed messages are sent again (the REST contract, "Webhooks"). In ms. */
const RECOVER_WITHIN_MS = 14 * 86_400_000;

const tags = ['Webhooks'];
const docs = {
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

/** What a tenant can do with an endpoint that it has made. */
export const webhookEndpointActionRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db, vault }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.post('/webhook-endpoints/:id/rotate', { schema: docs.rotate }, async (request, reply) => {
    const secret = newWebhookSecret();
    const sealed = vault.seal(secret, 'webhook_endpoint.secret');
    const row = foundEndpoint(await rotateEndpointSecret(db.pool, request.tenantId, request.params.id, sealed));
    reply.header('cache-control', 'no-store');
    return { ...endpointView(row), secret };
  });

  /** Sends a `webhook.test`, to a disabled endpoint too: whether it works again is to be seen before it is enabled. */
  app.post('/webhook-endpoints/:id/test', { schema: docs.test }, async (request, reply) => {
    const { tenantId } = request;
    const { id } = await findEndpoint(db, tenantId, request.params.id);
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
    const { id } = await findEndpoint(db, request.tenantId, request.params.id);
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
};
