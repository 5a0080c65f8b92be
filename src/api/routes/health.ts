import type { FastifyPluginAsync } from 'fastify';
import { Problem } from '../../lib/errors.ts';
import type { ApiDeps } from '../deps.ts';

/** A probe comes again soon. In s. */
const PROBE_AGAIN_S = 5;

export const healthRoutes: FastifyPluginAsync<ApiDeps> = async (app, { db }) => {
  app.get('/health/live', async () => ({ status: 'ok' }));

  app.get('/health/ready', async () => {
    try {
      await db.pool.query('SELECT 1');
    } catch (cause) {
      throw new Problem('unavailable', 'The database does not answer.', { retryAfterS: PROBE_AGAIN_S, cause });
    }
    return { status: 'ok' };
  });
};
