import type { FastifyInstance } from 'fastify';
import { badRequest } from '../refusal.ts';
import type { World } from '../world.ts';

/** nemovideo-api.md, "POST /api/auth/anonymous-token": the one call without a token. */
export function anonymousTokenRoute(app: FastifyInstance, world: () => World): void {
  app.post('/api/auth/anonymous-token', async (request) => {
    const { identities, log } = world();
    const clientId = request.headers['x-client-id'];
    if (typeof clientId !== 'string' || clientId === '') throw badRequest('X-Client-Id is missing');
    const { token, user, expiresAt } = identities.issue(clientId, request.ip);
    log.token(clientId);
    const expires_at = new Date(expiresAt).toISOString();
    return { code: 0, data: { token, user_id: user.id, expires_at, credits: user.total - user.frozen } };
  });
}
