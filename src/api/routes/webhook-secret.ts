import type { FastifyPluginAsync } from 'fastify';
import { rotateTenantSecret } from '../../lib/db/webhook-endpoints.ts';
import { newWebhookSecret } from '../../lib/webhooks/sign.ts';
import type { ApiDeps } from '../deps.ts';

/** The secret that signs the webhooks of jobs with a `webhook.url` of their own. */
export const webhookSecretRoutes: FastifyPluginAsync<ApiDeps> = async (app, { db, vault }) => {
  app.get('/webhook-secret', async (request) => {
    const { webhook_secret } = await db.prisma.tenant.findUniqueOrThrow({ where: { id: request.tenantId } });
    return { object: 'webhook_secret', secret: vault.open(webhook_secret, 'tenant.webhook_secret') };
  });

  /** The old one signs as well for 24 hours. */
  app.post('/webhook-secret/rotate', async (request) => {
    const secret = newWebhookSecret();
    await rotateTenantSecret(db.pool, request.tenantId, vault.seal(secret, 'tenant.webhook_secret'));
    return { object: 'webhook_secret', secret };
  });
};
