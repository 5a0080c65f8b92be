import type { FastifyPluginAsync } from 'fastify';
import type { ApiDeps } from '../deps.ts';

export const webhookSecretRoutes: FastifyPluginAsync<ApiDeps> = async (app, { db, vault }) => {
  /** The secret that signs the webhooks of jobs with a `webhook.url` of their own. */
  app.get('/webhook-secret', async (request) => {
    const { webhook_secret } = await db.prisma.tenant.findUniqueOrThrow({ where: { id: request.tenantId } });
    return { object: 'webhook_secret', secret: vault.open(webhook_secret, 'tenant.webhook_secret') };
  });
};
