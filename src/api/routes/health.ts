import type { FastifyPluginAsync } from 'fastify';
import { Problem } from '../../lib/errors.ts';
import { notReady, PROBE_AGAIN_S } from '../../lib/readiness.ts';
import type { ApiDeps } from '../deps.ts';

/** For load balancers and orchestrators: whether the process lives, and whether it can work. */
export const healthRoutes: FastifyPluginAsync<ApiDeps> = async (app, { missing }) => {
  app.get('/health/live', async () => ({ status: 'ok' }));

  app.get('/health/ready', async () => {
    const names = await missing();
    if (names.length > 0) throw new Problem('unavailable', notReady(names), { retryAfterS: PROBE_AGAIN_S });
    return { status: 'ok' };
  });
};
