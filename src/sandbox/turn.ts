import { createHash } from 'node:crypto';
import { ordinaryRun } from './agent/ordinary-run.ts';
import { COSTS, type TurnKind } from './agent/turn-kind.ts';
import { analyseLater } from './analysis.ts';
import type { User } from './identities.ts';
import type { LoggedMessage } from './log.ts';
import { type Session, writeState } from './session.ts';
import type { Choice } from './stories/choose-story.ts';
import type { Step } from './stories/story.ts';
import { createAdkDialect } from './stream/adk-dialect.ts';
import type { Dialect, Frame } from './stream/dialect.ts';
import type { EventStream } from './stream/event-stream.ts';
import { typedDialect } from './stream/typed-dialect.ts';
import type { World } from './world.ts';

/** In ms at real speed. */
const HEARTBEAT_MS = 15_000;
const BETWEEN_CHUNKS_MS = 120;

export type Turn = {
  world: World;
  user: User;
  session: Session;
  choice: Choice;
  kind: TurnKind;
  baseUrl: string;
  /** The request asked for partial texts. */
  streaming: boolean;
  message: LoggedMessage;
  stream: EventStream;
};

/** Plays one turn to its end, whether or not anybody listens, then charges for it and closes the stream. */
export async function runTurn(turn: Turn): Promise<void> {
  const { world, user, session, choice, kind, baseUrl, message, stream } = turn;
  const { words, story } = choice;
  const cost = COSTS[kind];
  user.frozen += cost;
  session.runningTurns += 1;

  const play = createPlayer(turn);
  const work = { kind, words, state: session.state, baseUrl, pace: paceOf(words) };
  let hasWritten = false;
  for (const step of (story.steps ?? ordinaryRun)(work)) {
    await play(step);
    if (step.does === 'result') hasWritten = true;
    if (story.endsWithStream && stream.isCut()) break;
  }

  const isCanceled = story.endsWithStream && stream.isCut() && !hasWritten;
  const charged = story.isFree || isCanceled ? 0 : cost;
  session.runningTurns -= 1;
  const settle = () => {
    user.frozen -= cost;
    user.total -= charged;
    message.charged = charged;
  };
  if (story.settlesAfterMs === undefined) settle();
  else world.clock.later(story.settlesAfterMs, settle);
  message.status = stream.isCut() ? 'cut' : 'done';
  stream.end();
}

function createPlayer(turn: Turn): (step: Step) => Promise<void> {
  const { world, session, stream, choice } = turn;
  const dialect = dialectOf(turn);
  const pause = (ms: number) =>
    choice.story.endsWithStream ? Promise.race([world.clock.pause(ms), stream.closed]) : world.clock.pause(ms);
  const emit = async (frames: Iterable<Frame>) => {
    let isFirst = true;
    for (const frame of frames) {
      if (!isFirst) await pause(BETWEEN_CHUNKS_MS);
      isFirst = false;
      await stream.send(frame);
    }
  };
  const wait = async (ms: number) => {
    let left = ms;
    for (; left > HEARTBEAT_MS; left -= HEARTBEAT_MS) {
      await pause(HEARTBEAT_MS);
      if (stream.isCut() && choice.story.endsWithStream) return;
      await stream.heartbeat();
    }
    await pause(left);
  };
  return async (step) => {
    if (step.does === 'wait') return step.isSilent ? pause(step.ms) : wait(step.ms);
    if (step.does === 'cut') return stream.cut();
    if (step.does === 'result') {
      writeState(session, step.writes);
      for (const { filename } of step.writes.video_infos?.slice(-1) ?? []) analyseLater(world.clock, session, filename);
    }
    await emit(framesOf(step, dialect));
  };
}

function framesOf(step: Exclude<Step, { does: 'wait' | 'cut' }>, dialect: Dialect): Iterable<Frame> {
  switch (step.does) {
    case 'say':
      return dialect.say(step);
    case 'think':
      return dialect.think(step.text);
    case 'begin':
      return dialect.begin(step.text);
    case 'call':
      return dialect.call(step.call, step.words);
    case 'result':
      return dialect.result(step.call, step.response, step.writes);
    case 'err':
      return dialect.err(step.code, step.message);
    case 'die':
      return dialect.die(step.message, step.death);
    case 'shrug':
      return dialect.shrug(step.shape);
  }
}

function dialectOf({ world, choice, streaming }: Turn): Dialect {
  if (world.options.dialect === 'typed' || choice.switches.has('typed')) return typedDialect;
  const inPieces = choice.story.isStreaming || choice.switches.has('streaming');
  return createAdkDialect(streaming || world.options.streaming || inPieces);
}

/** 0.9–1.1, always the same for the same words. */
function paceOf(words: string): number {
  return 0.9 + (createHash('sha256').update(words).digest().readUInt8(0) / 255) * 0.2;
}
