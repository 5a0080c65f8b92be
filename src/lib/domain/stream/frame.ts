import { cut } from '../loose-value.ts';

/** Names, ids and codes are of one word or a UUID; what is longer is none, and is not kept whole. */
export const MAX_NAME_CHARACTERS = 100;

/** One frame of a stream, whatever dialect it came in. */
export type Frame = {
  /** Who speaks; sub-agents have names of their own. '' where the dialect names nobody. */
  author: string;
  /** The text parts joined, thoughts left out. May end in half a surrogate pair (sse.md, trap 6). */
  text: string;
  /** The text is a piece of a draft that a later frame repeats as a whole (trap 1). */
  partial: boolean;
  calls: ToolCall[];
  responses: { name: string | null; failed: boolean }[];
  error: AgentError | null;
  /** The agent ended its turn without a word (trap 7). */
  silent: boolean;
  /** The frame writes the draft or the generated media. */
  stateTouched: boolean;
};

export type ToolCall = { id: string | null; name: string };
export type AgentError = { code: string; message: string };

/** A frame that says nothing, to be filled in. */
export function blankFrame(author: string): Frame {
  return {
    author: cut(author, MAX_NAME_CHARACTERS),
    text: '',
    partial: false,
    calls: [],
    responses: [],
    error: null,
    silent: false,
    stateTouched: false,
  };
}
