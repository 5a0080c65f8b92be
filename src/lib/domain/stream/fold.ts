import { cut, storable } from '../loose-value.ts';
import { type AgentError, type Frame, MAX_NAME_CHARACTERS, type ToolCall } from './frame.ts';
import { readPayload } from './payload.ts';

/**
 * How much of the agent's words is kept, in characters, drafts included. The longest answer recorded has 200,000
 * (sse.md, unicode-200k); an agent that loops (500 model calls in a turn, trap 8) must not fill memory and job row.
 */
export const MAX_TEXT_CHARACTERS = 256 * 1024;
/** The same loop would list thousands of these; more than this tells nobody anything. */
const MAX_TOOL_CALLS = 200;
const MAX_ERRORS = 20;
/** The first words of an error tell what went wrong. In characters. */
const MAX_ERROR_CHARACTERS = 500;

/**
 * What a turn's stream has said so far: plain JSON, storable in jsonb at any moment (no NUL, no lone surrogates), a
 * few hundred bytes plus the agent's words, and some kilobytes where it loops. No drafts of the state: the state itself
 * is read after the turn.
 */
export type TurnFold = {
  /** Payloads that were more than a heartbeat. */
  frames: number;
  heartbeats: number;
  /** Frames that made no sense; they are part of `frames`. */
  unreadable: number;
  /**
   * What was said, in order; what was said again at once, once. Not final: the draft of a model turn that broke off
   * (sse.md, trap 3).
   */
  texts: { text: string; final: boolean }[];
  /** Open drafts. `half`: the code of a high surrogate whose other half has yet to come (trap 6). */
  drafts: { author: string; text: string; half: number | null }[];
  truncated: boolean;
  toolCalls: ToolCall[];
  toolResponses: number;
  toolFailures: number;
  /** The tool named last: a message for the job's progress. */
  lastTool: string | null;
  /** The last error events, oldest first; none of them ends the stream (trap 8). */
  errors: AgentError[];
  /** How many texts there were when the last error came: what comes later answers it. */
  textsBeforeError: number;
  fatal: { message: string } | null;
  silent: boolean;
  /** The stream showed a write of the draft or the media. The state decides whether anything changed. */
  stateTouched: boolean;
};

/** What one payload was; the first that fits of fatal, error, tool, text, silent. `other`: usage, thoughts, shells. */
export type FrameKind = 'heartbeat' | 'text' | 'tool' | 'error' | 'fatal' | 'silent' | 'other' | 'unreadable';

/** A stream of which nothing has come. */
export function emptyFold(): TurnFold {
  return {
    frames: 0,
    heartbeats: 0,
    unreadable: 0,
    texts: [],
    drafts: [],
    truncated: false,
    toolCalls: [],
    toolResponses: 0,
    toolFailures: 0,
    lastTool: null,
    errors: [],
    textsBeforeError: 0,
    fatal: null,
    silent: false,
    stateTouched: false,
  };
}

/**
 * Takes one payload of the stream into the fold and says what it was. Changes the fold in place: a copy a payload
 * would cost more than reading it. Never throws (sse.md, trap 9).
 */
export function foldPayload(fold: TurnFold, payload: string): FrameKind {
  const read = readPayload(payload);
  if (read.kind === 'heartbeat') {
    fold.heartbeats += 1;
    return 'heartbeat';
  }
  fold.frames += 1;
  if (read.kind === 'unreadable') fold.unreadable += 1;
  if (read.kind === 'fatal') fold.fatal = { message: read.message };
  return read.kind === 'frame' ? foldFrame(fold, read.frame) : read.kind;
}

function foldFrame(fold: TurnFold, frame: Frame): FrameKind {
  if (frame.stateTouched) fold.stateTouched = true;
  if (frame.silent) fold.silent = true;
  foldTools(fold, frame);
  // A model turn is over when its tool has answered or it failed: a draft still open then gets no final text.
  if (frame.responses.length > 0 || frame.error) breakOffDraft(fold, frame.author);
  if (frame.error) {
    fold.errors = [...fold.errors, shortError(frame.error)].slice(-MAX_ERRORS);
    fold.textsBeforeError = fold.texts.length;
  }
  if (frame.partial) extendDraft(fold, frame);
  // An empty final text is a shell, not the end of the draft (trap 6).
  else if (frame.text.trim() !== '') commit(fold, frame);
  if (frame.error) return 'error';
  if (frame.calls.length > 0 || frame.responses.length > 0) return 'tool';
  if (frame.text !== '') return 'text';
  return frame.silent ? 'silent' : 'other';
}

function shortError({ code, message }: AgentError): AgentError {
  return { code: shortName(code), message: cut(message, MAX_ERROR_CHARACTERS) };
}

function shortName(name: string): string {
  return cut(name, MAX_NAME_CHARACTERS);
}

function foldTools(fold: TurnFold, frame: Frame): void {
  for (const { id, name } of frame.calls) {
    const call = { id: id === null ? null : shortName(id), name: shortName(name) };
    fold.lastTool = call.name;
    // A call in a partial frame comes again in the final one, under the same id or under none (trap 5).
    const known = call.id === null ? frame.partial : fold.toolCalls.some((other) => other.id === call.id);
    if (!known && fold.toolCalls.length < MAX_TOOL_CALLS) fold.toolCalls.push(call);
  }
  for (const response of frame.responses) {
    if (response.name !== null) fold.lastTool = shortName(response.name);
    fold.toolResponses += 1;
    if (response.failed) fold.toolFailures += 1;
  }
}

function extendDraft(fold: TurnFold, { author, text }: Frame): void {
  if (text === '') return;
  let draft = fold.drafts.find((other) => other.author === author);
  if (!draft) {
    draft = { author, text: '', half: null };
    fold.drafts.push(draft);
  }
  const piece = draft.half === null ? text : String.fromCharCode(draft.half) + text;
  const last = piece.charCodeAt(piece.length - 1);
  draft.half = last >= 0xd800 && last <= 0xdbff ? last : null;
  draft.text += withinRoom(fold, storable(draft.half === null ? piece : piece.slice(0, -1)));
}

/** A whole text takes the place of the draft that announced it (trap 1). */
function commit(fold: TurnFold, { author, text, error }: Frame): void {
  fold.drafts = fold.drafts.filter((draft) => draft.author !== author);
  // Text beside an error code (MAX_TOKENS, SAFETY) was cut short.
  const said = { text: storable(text), final: error === null };
  if (isRepetition(fold, said)) return;
  const kept = withinRoom(fold, said.text);
  if (kept !== '') fold.texts.push({ ...said, text: kept });
}

/**
 * An agent that waits says "Still at it." a hundred times, and a repetition needs no room. Never across an error: what
 * comes after it answers it.
 */
function isRepetition(fold: TurnFold, { text, final }: TurnFold['texts'][number]): boolean {
  const last = fold.texts.length > fold.textsBeforeError ? fold.texts.at(-1) : undefined;
  return last?.text === text && last.final === final;
}

function breakOffDraft(fold: TurnFold, author: string): void {
  const draft = fold.drafts.find((other) => other.author === author);
  if (!draft) return;
  fold.drafts = fold.drafts.filter((other) => other !== draft);
  if (draft.text !== '') fold.texts.push({ text: draft.text, final: false });
}

function withinRoom(fold: TurnFold, text: string): string {
  const used = [...fold.texts, ...fold.drafts].reduce((sum, kept) => sum + kept.text.length, 0);
  const kept = cut(text, Math.max(0, MAX_TEXT_CHARACTERS - used));
  if (kept.length < text.length) fold.truncated = true;
  return kept;
}
