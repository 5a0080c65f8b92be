import type { Death, Shrug, ToolCall, Words } from '../stories/story.ts';

/** The JSON of one SSE event; a text is what a server sends that makes no valid JSON of it. */
export type Frame = Record<string, unknown> | string;

/** How the agent's doings look on the wire. One of a turn; frames are made when they are due, with their time. */
export type Dialect = {
  say(words: Words): Iterable<Frame>;
  think(text: string): Iterable<Frame>;
  /** The first half of a text that is never said to its end. */
  begin(text: string): Iterable<Frame>;
  call(call: ToolCall, words: string | undefined): Iterable<Frame>;
  result(call: ToolCall, response: object, stateDelta: object): Iterable<Frame>;
  err(code: string, message: string): Iterable<Frame>;
  die(message: string, death: Death): Iterable<Frame>;
  shrug(shape: Shrug): Iterable<Frame>;
};

/** A fatal error as a frame of its own, which belongs to no dialect (sse.md, trap 9). */
export function deathFrame(message: string, death: Exclude<Death, 'system'>): Frame {
  if (death === 'broken') return `{"error": "${message}"}`;
  return death === 'empty' ? {} : { error: message };
}
