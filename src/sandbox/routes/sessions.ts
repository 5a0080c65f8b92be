import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { readBody } from '../read-body.ts';
import type { World } from '../world.ts';

const SessionBody = z.strictObject({
  task_name: z.string().min(1),
  language: z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'an ISO language code'),
});

/** nemovideo-api.md, "POST /api/tasks/me/with-session/nemo_agent". */
export function sessionsRoute(app: FastifyInstance, world: () => World): void {
  app.post('/api/tasks/me/with-session/nemo_agent', async (request) => {
    const { identities, sessions } = world();
    const user = identities.identify(request.headers.authorization);
    const body = readBody(SessionBody, request.body);
    const session = sessions.open(user.id, body.task_name);
    return { code: 0, data: { task_id: session.taskId, session_id: session.id, user_id: user.id } };
  });
}
