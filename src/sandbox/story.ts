import type { Refusal } from './refusal.ts';
import type { RenderStory } from './renders.ts';
import type { SessionState } from './session.ts';
import type { TurnKind } from './turn-kind.ts';

export type ToolCall = { id: string; name: string; args: Record<string, unknown> };

/** One thing a run does. Waits in ms at real speed; heartbeats fill the long ones. */
export type Step =
  | { does: 'wait'; ms: number }
  | { does: 'say'; text: string }
  | { does: 'call'; call: ToolCall; words?: string }
  /** A tool is ready: the state is written, and the stream tells. */
  | { does: 'result'; call: ToolCall; response: Record<string, unknown>; writes: Partial<SessionState> }
  | { does: 'err'; code: string; message: string }
  | { does: 'die'; message: string }
  /** What a model turn without content leaves on the wire (sse.md, trap 12). */
  | { does: 'shrug'; shape: 'usage' | 'stop' | 'empty' }
  /** The socket is destroyed. */
  | { does: 'cut' };

/** What a run has to work with. */
export type Work = {
  kind: TurnKind;
  /** The prompt without marker words. */
  words: string;
  /** As it was when the run began. */
  state: SessionState;
  /** Where the sandbox listens, for URLs in the state. */
  baseUrl: string;
  /** 0.9–1.1, times every wait of an ordinary run. */
  pace: number;
};

/** How a turn and the renders after it differ from the ordinary. */
export type Story = {
  /** The answer in place of a stream, or null; nothing runs then. `limited`: texts that have been rate-limited. */
  refuse?(text: string, limited: Set<string>): Refusal | null;
  /** Whatever the words ask for. */
  kind?: TurnKind;
  steps?(work: Work): Iterable<Step>;
  /** Nothing is charged at the end. */
  isFree?: true;
  /** A disconnect cancels the run, as in adk-python; in adk-js it goes on (sse.md, trap 15). */
  endsWithStream?: true;
  renders?: RenderStory;
};
