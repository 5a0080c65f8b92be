import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { Problem } from '../../lib/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { Health } from '../schemas/operation.ts';

/** A probe comes again soon. In s. */
const PROBE_AGAIN_S = 5;

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

export const healthRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  app.get('/health/live', { schema: docs.live }, async () => ({ status: 'ok' }));

  app.get('/health/ready', { schema: docs.ready }, async () => {
    try {
      await db.pool.query('SELECT 1');
    } catch (cause) {
      throw new Problem('unavailable', 'The database does not answer.', { retryAfterS: PROBE_AGAIN_S, cause });
    }
    return { status: 'ok' };
  });
};
