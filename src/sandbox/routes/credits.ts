import type { FastifyInstance } from 'fastify';
import type { World } from '../world.ts';

/** nemovideo-api.md, "GET /api/credits/balance/simple". */
export function creditsRoute(app: FastifyInstance, world: () => World): void {
  app.get('/api/credits/balance/simple', async (request) => {
    const { total, frozen } = world().identities.identify(request.headers.authorization);
    return { code: 0, data: { available: total - frozen, frozen, total } };
  });
}
