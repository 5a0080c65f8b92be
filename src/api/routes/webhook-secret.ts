import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import type { ApiDeps } from '../deps.ts';
import { WebhookSecret } from '../schemas/operation.ts';

const docs = {
  get: {
    operationId: 'getWebhookSecret',
    tags: ['Webhooks'],
    summary: 'Show the signing secret',
    description: 'It signs the webhooks of jobs that bring their own `webhook.url`.',
    response: { 200: WebhookSecret },
  },
};

export const webhookSecretRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db, vault }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  /** The secret that signs the webhooks of jobs with a `webhook.url` of their own. */
  app.get('/webhook-secret', { schema: docs.get }, async (request) => {
    const { webhook_secret } = await db.prisma.tenant.findUniqueOrThrow({ where: { id: request.tenantId } });
    return { object: 'webhook_secret' as const, secret: vault.open(webhook_secret, 'tenant.webhook_secret') };
  });
};
