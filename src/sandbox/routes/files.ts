import type { FastifyInstance } from 'fastify';
import { sendClip } from '../mp4-file.ts';
import { refusal } from '../refusal.ts';
import { renderProgress } from '../renders.ts';
import type { World } from '../world.ts';

/** Finished renders and generated clips, as a CDN has them: for everybody, with ranges. */
export function filesRoute(app: FastifyInstance, world: () => World): void {
  app.get<{ Params: { name: string } }>('/files/:name', async (request, reply) => {
    const { renders, clock } = world();
    const name = /^([\w-]+)\.mp4$/.exec(request.params.name)?.[1] ?? '';
    const render = renders.get(name);
    const isThere = render
      ? render.url === 'good' && renderProgress(render, clock).status === 'completed'
      : /^gm_\d{3,}$/.test(name);
    if (!isThere) throw refusal(404, 404, 'no such file');
    return sendClip(request, reply);
  });
}
