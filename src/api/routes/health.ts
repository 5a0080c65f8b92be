import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { notReady } from '../../lib/readiness.ts';
import type { ApiDeps } from '../deps.ts';
import { Health } from '../schemas/health.ts';

const docs = {
  live: {
    operationId: 'getLiveness',
    tags: ['Operation'],
    summary: 'Does the process answer?',
    response: { 200: Health },
  },
  ready: {
    operationId: 'getReadiness',
    tags: ['Operation'],
    summary: 'Can the process work?',
    response: { 200: Health },
  },
};

/** For load balancers and orchestrators: whether the process lives, and whether it can work. */
export const healthRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { missing }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  app.get('/health/live', { schema: docs.live }, async () => ({ status: 'ok' }));

  app.get('/health/ready', { schema: docs.ready }, async () => {
    const names = await missing();
    if (names.length > 0) throw notReady(names);
    return { status: 'ok' };
  });
};
