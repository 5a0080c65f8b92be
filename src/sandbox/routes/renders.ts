import { isDeepStrictEqual } from 'node:util';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { missingAttribution } from '../attribution.ts';
import { CLIP_BYTES, CLIP_SECONDS, sendClip } from '../mp4-file.ts';
import { readBody } from '../read-body.ts';
import { badRequest, type Refusal, refusal, renderRefusal } from '../refusal.ts';
import { RENDER_MS, type Render, renderAnswer, renderProgress } from '../renders.ts';
import { resetConnection } from '../reset-connection.ts';
import type { World } from '../world.ts';

const RenderBody = z.strictObject({
  id: z.string().regex(/^render_[\w-]+$/, 'render_<unique>'),
  sessionId: z.string().min(1),
  draft: z.record(z.string(), z.unknown()),
  output: z.strictObject({
    format: z.enum(['mp4', 'mov', 'webm', 'avi', 'mkv']),
    quality: z.enum(['low', 'medium', 'high']),
  }),
});
type OneRender = { Params: { id: string } };

/** nemovideo-api.md, "Render (export)". Exports are free. */
export function renderRoutes(app: FastifyInstance, world: () => World): void {
  app.post('/api/render/proxy/lambda', async (request, reply) => {
    const here = world();
    const { render, isUnanswered } = takeRender(here, request);
    return isUnanswered ? resetConnection(request, reply) : answerOf(here, render, request);
  });

  app.get<OneRender>('/api/render/proxy/lambda/:id', async (request) => {
    const here = world();
    const render = findRender(here, request);
    render.blindPolls -= 1;
    if (render.blindPolls >= 0) throw unknownRender();
    return answerOf(here, render, request);
  });

  app.post<OneRender>('/api/render/proxy/lambda/:id/cancel', async (request) => {
    const here = world();
    const render = findRender(here, request);
    const { status } = renderProgress(render, here.clock);
    if (status === 'completed' || status === 'failed') throw renderRefusal(409, `the render is ${status}`);
    render.isCanceled = true;
    return { success: true };
  });

  app.get<OneRender>('/api/render/proxy/:id/download', async (request, reply) => {
    const here = world();
    const { status } = renderProgress(findRender(here, request), here.clock);
    if (status !== 'completed') throw renderRefusal(404, `the render is ${status}`);
    return sendClip(request, reply);
  });
}

function takeRender(world: World, request: FastifyRequest): { render: Render; isUnanswered: boolean } {
  const user = world.identities.identify(request.headers.authorization);
  const body = readBody(RenderBody, request.body);
  const entry = world.log.render(body.id, body.sessionId, body.output);
  const missing = missingAttribution(request.headers);
  if (missing.length > 0) throw refusal(402, 402, `export blocked: ${missing.join(', ')} missing`);
  const session = world.sessions.find(user, body.sessionId);
  if (!session.drafts.some((draft) => isDeepStrictEqual(draft, body.draft))) {
    throw badRequest('draft is empty, or not a draft of this session');
  }
  if (world.renders.has(body.id)) throw renderRefusal(409, 'duplicate id');
  const story = session.renderStory ?? world.standing.renders() ?? {};
  if (story.isBlocked) throw refusal(402, 402, 'export is not part of the free plan');
  const isFirst = session.submits === 0;
  session.submits += 1;
  if (isFirst && story.firstSubmit === 'refused') throw renderRefusal(409, 'duplicate id');

  const render: Render = {
    id: body.id,
    sessionId: session.id,
    userId: user.id,
    shape: session.renderShape,
    startedAt: Date.now(),
    durationMs: story.durationMs ?? RENDER_MS,
    fails: story.fails === 'all' || (story.fails === 'first' && isFirst),
    url: story.url ?? 'good',
    blindPolls: story.isForgotten ? 1 : 0,
    isCanceled: false,
  };
  world.renders.set(render.id, render);
  entry.accepted = true;
  return { render, isUnanswered: isFirst && story.firstSubmit === 'unanswered' };
}

function findRender(world: World, request: FastifyRequest<OneRender>): Render {
  const user = world.identities.identify(request.headers.authorization);
  const render = world.renders.get(request.params.id);
  if (render?.userId !== user.id) throw unknownRender();
  return render;
}

function unknownRender(): Refusal {
  return renderRefusal(404, 'no such render');
}

function answerOf(world: World, render: Render, request: FastifyRequest): Record<string, unknown> {
  const url = `http://${request.host}/files/${render.id}.mp4`;
  return renderAnswer(render, world.clock, { url, duration: CLIP_SECONDS, size: CLIP_BYTES });
}
