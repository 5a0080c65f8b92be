import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { rotateTenantSecret } from '../../lib/db/webhook-endpoints.ts';
import { newWebhookSecret } from '../../lib/webhooks/sign.ts';
import type { ApiDeps } from '../deps.ts';
import { WebhookSecret } from '../schemas/webhook-answers.ts';

const docs = {
  get: {
    operationId: 'getWebhookSecret',
    tags: ['Webhooks'],
    summary: 'Show the signing secret',
    description: 'It signs the webhooks of jobs that bring their own `webhook.url`.',
    response: { 200: WebhookSecret },
  },
  rotate: {
    operationId: 'rotateWebhookSecret',
    tags: ['Webhooks'],
    summary: 'Make a new signing secret',
    description: 'The old one signs as well for 24 hours.',
    response: { 200: WebhookSecret },
  },
};

export const webhookSecretRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db, vault }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  // A secret is for whoever asked, and for no cache.
  app.addHook('onRequest', async (_, reply) => {
    reply.header('cache-control', 'no-store');
  });
  app.get('/webhook-secret', { schema: docs.get }, async (request) => {
    const { webhook_secret } = await db.prisma.tenant.findUniqueOrThrow({ where: { id: request.tenantId } });
    return { object: 'webhook_secret' as const, secret: vault.open(webhook_secret, 'tenant.webhook_secret') };
  });

  /** The old one signs as well for 24 hours. */
  app.post('/webhook-secret/rotate', { schema: docs.rotate }, async (request) => {
    const secret = newWebhookSecret();
    await rotateTenantSecret(db.pool, request.tenantId, vault.seal(secret, 'tenant.webhook_secret'));
    return { object: 'webhook_secret' as const, secret };
  });
};
