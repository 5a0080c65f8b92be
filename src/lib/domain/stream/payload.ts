import { cut, type LooseObject, objectIn, storable, textIn } from '../loose-value.ts';
import { readAdkFrame } from './adk.ts';
import { blankFrame, type Frame } from './frame.ts';
import { readTypedFrame } from './typed.ts';

export type Payload =
  | { kind: 'heartbeat' }
  | { kind: 'frame'; frame: Frame }
  | { kind: 'fatal'; message: string }
  | { kind: 'unreadable' };

const ADK_KEYS = ['author', 'content', 'actions', 'errorCode', 'error_code', 'invocationId', 'invocation_id'];
/** An error that says more is a page or a dump. In characters. */
const MAX_REASON = 2_000;
const NO_REASON = 'The agent failed without saying why';

/** Tells what one payload is (sse.md, section 4): never throws, whatever the payload. */
export function readPayload(payload: string): Payload {
  const json = payload.trim();
  if (json === '') return { kind: 'heartbeat' };
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // An old Python server puts the error in without escaping it (trap 9).
    const broken = /^\{\s*"error"\s*:\s*"?/.exec(json);
    return broken ? fatal(json.slice(broken[0].length).replace(/"?\s*\}?$/, '')) : { kind: 'unreadable' };
  }
  const event = objectIn(value);
  return event ? readEvent(event) : { kind: 'unreadable' };
}

function readEvent(event: LooseObject): Payload {
  if (isTyped(event)) {
    const frame = readTypedFrame(event);
    return frame === 'heartbeat' ? { kind: 'heartbeat' } : { kind: 'frame', frame };
  }
  // `{}` is what adk-js writes when something threw a non-error (trap 9).
  if (Object.keys(event).length === 0) return fatal('');
  const failed = event.error !== undefined && event.error !== null;
  if (failed && !objectIn(event.content)) return fatal(errorText(event));
  if (ADK_KEYS.some((key) => key in event)) return readAdk(event);
  if (typeof event.code === 'number' && event.code !== 0) {
    // The envelope of the other endpoints, inside the stream: `{"code":2001,"message":…}`.
    const error = { code: String(event.code), message: textIn(event.message) ?? '' };
    return { kind: 'frame', frame: { ...blankFrame(''), error } };
  }
  return { kind: 'unreadable' };
}

function readAdk(event: LooseObject): Payload {
  const frame = readAdkFrame(event);
  // Python servers of 2025 end a failed run with an answer by "system" (trap 9).
  if (frame.author === 'system' && /^\s*Error\b/.test(frame.text)) return fatal(frame.text);
  return { kind: 'frame', frame };
}

/** Both dialects may have a `content`: only the typed one says `type`, only ADK names author or actions. */
function isTyped(event: LooseObject): boolean {
  return typeof event.type === 'string' && !('author' in event) && !('actions' in event) && !objectIn(event.content);
}

function errorText(event: LooseObject): string {
  const inner = objectIn(event.error);
  return textIn(event.error, inner?.message, inner?.code, event.message) ?? '';
}

function fatal(message: string): Payload {
  return { kind: 'fatal', message: textIn(storable(cut(message, MAX_REASON))) ?? NO_REASON };
}
