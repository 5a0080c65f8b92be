import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { resendMessage } from '../../lib/db/webhook-messages.ts';
import { Problem } from '../../lib/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { findMessage, messageViews } from '../find-message.ts';
import { listView, pageOf } from '../schemas/list.ts';
import { ListMessages, WebhookParams } from '../schemas/webhooks.ts';

/** What was sent, or is to be, and what came of it. */
export const webhookMessageRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.get('/webhook-messages', { schema: { querystring: ListMessages } }, async (request) => {
    const { endpoint_id, status } = request.query;
    const page = pageOf(request.query);
    const filters = {
      ...(endpoint_id === undefined ? {} : { endpoint_id }),
      ...(status === undefined ? {} : { status }),
    };
    const where = { ...page.where, ...filters, tenant_id: request.tenantId };
    const views = await messageViews(db, await db.prisma.webhook_message.findMany({ ...page, where }));
    return listView(views, request.query, (view) => view);
  });

  app.get('/webhook-messages/:id', { schema: { params: WebhookParams } }, async (request) =>
    findMessage(db, request.tenantId, request.params.id),
  );

  app.post('/webhook-messages/:id/resend', { schema: { params: WebhookParams } }, async (request, reply) => {
    const { id } = request.params;
    if (!(await resendMessage(db.pool, request.tenantId, id))) {
      await findMessage(db, request.tenantId, id);
      throw new Problem('not_found', 'The endpoint of this message was deleted, or its event is too old.');
    }
    return reply.code(202).send(await findMessage(db, request.tenantId, id));
  });
};
