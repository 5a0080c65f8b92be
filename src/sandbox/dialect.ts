import type { ToolCall } from './story.ts';

/** The JSON of one SSE event. */
export type Frame = Record<string, unknown>;

/** How the agent's doings look on the wire. One of a turn; frames are made when they are due, with their time. */
export type Dialect = {
  say(text: string): Iterable<Frame>;
  call(call: ToolCall, words: string | undefined): Iterable<Frame>;
  result(call: ToolCall, response: object, stateDelta: object): Iterable<Frame>;
  err(code: string, message: string): Iterable<Frame>;
  die(message: string): Iterable<Frame>;
  shrug(shape: 'usage' | 'stop' | 'empty'): Iterable<Frame>;
};
