import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { readBody } from '../read-body.ts';
import { sessionNotFound } from '../refusal.ts';
import type { World } from '../world.ts';

const ClaimBody = z.strictObject({ task_id: z.string().min(1), session_id: z.string().min(1) });
/** In s: 7 days. */
const EXPIRES_IN = 604_800;

/** nemovideo-api.md, "POST /api/auth/claim-token". */
export function claimTokenRoute(app: FastifyInstance, world: () => World): void {
  app.post('/api/auth/claim-token', async (request) => {
    const { identities, sessions } = world();
    const user = identities.identify(request.headers.authorization);
    const body = readBody(ClaimBody, request.body);
    const session = sessions.find(user, body.session_id);
    if (session.taskId !== body.task_id) throw sessionNotFound(body.session_id);
    const claim_token = `clm_${randomBytes(18).toString('base64url')}`;
    return { code: 0, data: { claim_token, expires_in: EXPIRES_IN } };
  });
}
