import type { TurnKind } from '../agent/turn-kind.ts';
import type { Refusal } from '../refusal.ts';
import type { RenderStory } from '../renders.ts';
import type { SessionState } from '../session.ts';

export type ToolCall = { id: string; name: string; args: Record<string, unknown> };

/** What the agent says. `thought`: what it thinks beside it; `chunks`: where a text that streams is cut. */
export type Words = { text: string; thought?: string; chunks?: readonly string[] };
/** How a run's death looks: an error frame, one that is no valid JSON, one that is empty, an answer by "system". */
export type Death = 'frame' | 'broken' | 'empty' | 'system';
/** What a model turn without content leaves on the wire (sse.md, trap 12). */
export type Shrug = 'usage' | 'stop' | 'empty' | 'no-content';

/** One thing a run does. Waits in ms at real speed; heartbeats fill the long ones. */
export type Step =
  | { does: 'wait'; ms: number; isSilent?: true }
  | ({ does: 'say' } & Words)
  | { does: 'think'; text: string }
  /** Half a text, as far as texts come in pieces; the other half never comes. */
  | { does: 'begin'; text: string }
  | { does: 'call'; call: ToolCall; words?: string }
  /** A tool is ready: the state is written, and the stream tells. */
  | { does: 'result'; call: ToolCall; response: Record<string, unknown>; writes: Partial<SessionState> }
  | { does: 'err'; code: string; message: string }
  | { does: 'die'; message: string; death: Death }
  | { does: 'shrug'; shape: Shrug }
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

/** A message that a story may refuse, and what it may do to whoever sent it. */
export type Incoming = {
  text: string;
  sessionId: string;
  /** Texts that have been refused before, by stories that refuse each once. */
  refused: Set<string>;
  forgetSession(): void;
  /** Anonymous tokens only. */
  expireToken(): void;
};

/** How a turn and the renders after it differ from the ordinary. */
export type Story = {
  /** The answer in place of a stream, or null; nothing runs then. */
  refuse?(incoming: Incoming): Refusal | null;
  /** Whatever the words ask for. */
  kind?: TurnKind;
  steps?(work: Work): Iterable<Step>;
  /** Texts come in pieces, whatever was asked for. */
  isStreaming?: true;
  /** Nothing is charged at the end. */
  isFree?: true;
  /** What the turn has reserved is charged and released only so long after its end, in ms at real speed. */
  settlesAfterMs?: number;
  /** A disconnect cancels the run, as in adk-python; in adk-js it goes on (sse.md, trap 15). */
  endsWithStream?: true;
  renders?: RenderStory;
};

/** Stories of one kind, by the word that chooses each. */
export type Stories = Readonly<Record<string, Story>>;
