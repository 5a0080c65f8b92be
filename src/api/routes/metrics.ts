import type { FastifyPluginAsync } from 'fastify';
import { METRICS_TYPE, processMetrics } from '../../lib/metrics/process-metrics.ts';
import type { ApiDeps } from '../deps.ts';
import { administration } from '../plugins/administration.ts';
import { otherThanJson } from '../schemas/answer.ts';

const docs = {
  operationId: 'getMetrics',
  tags: ['Operation'],
  summary: 'Read the metrics',
  description: 'For Prometheus; with `ADMIN_TOKEN` where one is set.',
  response: { 200: otherThanJson('The metrics.', { 'text/plain': 'The text format of Prometheus.' }) },
};

/** What Prometheus scrapes: the share of this process, and the stores. */
export const metricsRoutes: FastifyPluginAsync<ApiDeps> = async (app, { adminToken, rateLimit, storeMetrics }) => {
  if (adminToken !== undefined) await app.register(administration, { adminToken, rateLimit });

  app.get('/metrics', { schema: docs, config: { problems: ['unauthorized', 'rate_limited'] } }, async (_, reply) => {
    const stores = await storeMetrics();
    return reply.type(METRICS_TYPE).send(stores + (await processMetrics()));
  });
};
