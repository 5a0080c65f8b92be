import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { readMessages } from '../../lib/db/message-records.ts';
import { resendMessage } from '../../lib/db/webhook-messages.ts';
import { messageView } from '../../lib/domain/message-view.ts';
import { Problem } from '../../lib/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { findMessage } from '../find-message.ts';
import { listView } from '../schemas/list.ts';
import { Message, MessageList } from '../schemas/webhook-answers.ts';
import { ListMessages, MessageParams as params } from '../schemas/webhooks.ts';

const tags = ['Webhooks'];
const docs = {
  list: {
    operationId: 'listWebhookMessages',
    tags,
    summary: 'List what was sent',
    querystring: ListMessages,
    response: { 200: MessageList },
  },
  get: { operationId: 'getWebhookMessage', tags, summary: 'Show a message', params, response: { 200: Message } },
  resend: {
    operationId: 'resendWebhookMessage',
    tags,
    summary: 'Send a message again',
    params,
    response: { 202: Message },
  },
};

/** What was sent, or is to be, and what came of it. */
export const webhookMessageRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.get('/webhook-messages', { schema: docs.list }, async (request) => {
    const { limit, starting_after, endpoint_id, status } = request.query;
    const messages = await readMessages(db.pool, request.tenantId, {
      ...(endpoint_id === undefined ? {} : { endpointId: endpoint_id }),
      ...(status === undefined ? {} : { status }),
      ...(starting_after === undefined ? {} : { before: starting_after }),
      limit: limit + 1,
    });
    return listView(messages, request.query, messageView);
  });

  app.get('/webhook-messages/:id', { schema: docs.get }, async (request) =>
    messageView(await findMessage(db, request.tenantId, request.params.id)),
  );

  app.post('/webhook-messages/:id/resend', { schema: docs.resend }, async (request, reply) => {
    const { id } = await findMessage(db, request.tenantId, request.params.id);
    if (!(await resendMessage(db.pool, request.tenantId, id))) {
      throw new Problem('not_found', 'The endpoint of this message was deleted, or its event is too old.');
    }
    return reply.code(202).send(messageView(await findMessage(db, request.tenantId, id)));
  });
};
