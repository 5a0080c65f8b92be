import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { FaultBody } from '../faults.ts';
import { readBody } from '../read-body.ts';
import { badRequest } from '../refusal.ts';
import { renderProgress } from '../renders.ts';
import { STORIES } from '../stories/stories.ts';
import type { World } from '../world.ts';

const StoryBody = z.strictObject({ story: z.string().nullable(), times: z.int().positive().optional() });
const TopUpBody = z.strictObject({ credits: z.int().positive() });

/** What a test tells the sandbox and asks it. `reset` makes it forget everything. */
export function controlRoutes(app: FastifyInstance, world: () => World, reset: () => void): void {
  app.put('/__sandbox/story', async (request) => {
    const { story, times } = readBody(StoryBody, request.body);
    if (story !== null && !STORIES.has(story)) {
      throw badRequest(`no story ${story}; there are ${[...STORIES.keys()].join(', ')}`);
    }
    world().standing.set(story, times);
    return { story, times: times ?? null };
  });

  app.put('/__sandbox/fault', async (request) => {
    const fault = readBody(FaultBody, request.body);
    world().faults.add(fault);
    return fault;
  });

  app.get('/__sandbox/log', async () => {
    const { log, renders, clock } = world();
    return log.view((id) => {
      const render = renders.get(id);
      if (!render) return 'refused';
      return render.isCanceled ? 'canceled' : renderProgress(render, clock).status;
    });
  });

  app.post('/__sandbox/top-up', async (request) => {
    const { credits } = readBody(TopUpBody, request.body);
    world().identities.topUp(credits);
    return { credits };
  });

  app.post('/__sandbox/expire-tokens', async () => {
    world().identities.expireAll();
    return {};
  });

  app.post('/__sandbox/reset', async () => {
    reset();
    return {};
  });
}
