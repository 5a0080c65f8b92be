import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { COSTS, type TurnKind, turnKind } from '../agent/turn-kind.ts';
import type { User } from '../identities.ts';
import type { LoggedMessage } from '../log.ts';
import { readBody } from '../read-body.ts';
import { noCredits, Refusal } from '../refusal.ts';
import type { Session } from '../session.ts';
import { type Choice, chooseStory } from '../stories/choose-story.ts';
import { openEventStream } from '../stream/event-stream.ts';
import { runTurn } from '../turn.ts';
import type { World } from '../world.ts';

/** The documented fields, and the two of ADK's own that change nothing or ask for partial texts (sse.md, section 1). */
const RunBody = z.strictObject({
  app_name: z.literal('nemo_agent'),
  user_id: z.literal('me'),
  session_id: z.string().min(1),
  new_message: z.strictObject({
    role: z.literal('user').optional(),
    parts: z.array(z.strictObject({ text: z.string().min(1) })).min(1),
  }),
  streaming: z.boolean().optional(),
});

/** nemovideo-api.md, "POST /run_sse": one turn of the conversation, or a refusal in place of a stream. */
export function runSseRoute(app: FastifyInstance, world: () => World): void {
  app.post('/run_sse', async (request, reply) => {
    const here = world();
    const body = readBody(RunBody, request.body);
    const text = textOf(body);
    const message = here.log.message(body.session_id, text, null);
    try {
      const user = here.identities.identify(request.headers.authorization);
      const session = here.sessions.find(user, body.session_id);
      const choice = chooseStory(text, here.standing.take);
      message.story = choice.name;
      const kind = choice.story.kind ?? turnKind(choice.words, session.state);
      refuse(here, text, choice, kind, user, session);

      if (choice.renders) Object.assign(session, { renderStory: choice.renders, submits: 0 });
      if (choice.switches.has('official-render')) session.renderShape = 'official';
      if (session.runningTurns > 0) here.log.overlap();
      const stream = openEventStream(reply, choice.switches);
      here.streams.add(stream);
      void stream.closed.then(() => here.streams.delete(stream));
      const baseUrl = `http://${request.host}`;
      const streaming = body.streaming ?? false;
      await runTurn({ world: here, user, session, choice, kind, baseUrl, streaming, message, stream });
    } catch (error) {
      message.status = 'refused';
      if (error instanceof Refusal) message.refusal = { status: error.status, code: error.code };
      throw error;
    }
  });
}

/** A message that never got as far as a turn: it was sent all the same. */
export function logRefusedMessage(world: World, body: unknown, refusal: LoggedMessage['refusal']): void {
  const parsed = RunBody.safeParse(body);
  if (!parsed.success) return;
  const message = world.log.message(parsed.data.session_id, textOf(parsed.data), null);
  Object.assign(message, { status: 'refused', refusal });
}

function refuse(
  { identities, sessions, refused }: World,
  text: string,
  { story }: Choice,
  kind: TurnKind,
  user: User,
  { id: sessionId }: Session,
): void {
  const forgetSession = () => sessions.forget(sessionId);
  const expireToken = () => identities.expire(user);
  const answer = story.refuse?.({ text, sessionId, refused, forgetSession, expireToken });
  if (answer) throw answer;
  if (user.total - user.frozen < COSTS[kind]) throw noCredits();
}

function textOf({ new_message }: z.output<typeof RunBody>): string {
  return new_message.parts.map((part) => part.text).join('\n');
}
