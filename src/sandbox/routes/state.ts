import type { FastifyInstance } from 'fastify';
import type { World } from '../world.ts';

/** nemovideo-api.md, "GET /api/state/nemo_agent/me/<sid>/latest". */
export function stateRoute(app: FastifyInstance, world: () => World): void {
  app.get<{ Params: { sid: string } }>('/api/state/nemo_agent/me/:sid/latest', async (request) => {
    const { identities, sessions } = world();
    const user = identities.identify(request.headers.authorization);
    const { id, taskId, taskName, userId, state } = sessions.find(user, request.params.sid);
    return { code: 0, data: { session_id: id, task_id: taskId, task_name: taskName, user_id: userId, state } };
  });
}
