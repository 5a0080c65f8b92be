import type { Dispatcher } from 'undici';
import { retryAfterMs } from '../domain/retry-after.ts';
import { type AttemptError, classifyError, classifyStatus } from './attempt-error.ts';
import { type Answer, exchange } from './exchange.ts';

/** What one attempt came to. */
export type AttemptResult = {
  /** The receiver answered 2xx. */
  ok: boolean;
  /** Null when no answer came. */
  statusCode: number | null;
  /** From the call to the end of the answer or of the wait, whole milliseconds. */
  durationMs: number;
  /** Null exactly when `ok`. */
  error: AttemptError | null;
  /** The answer's first 4 KiB as UTF-8 text, without NULs (Postgres text cannot hold them). */
  response: string;
  /** The wait that a 429 or a 503 asked for; not capped. */
  retryAfterMs: number | null;
  /** 410: the receiver wants no more of these. */
  gone: boolean;
};

/**
 * POSTs one webhook once (Standard Webhooks 1.0): one deadline for the whole attempt, and no redirect is followed.
 * The status decides as soon as it is here. A 2xx whose body then stalls, breaks or outlasts the deadline is a success:
 * the receiver has said that it took the message, and counting it as failed would deliver twice.
 *
 * @param request.headers The webhook headers and `user-agent`; `content-type` is set here.
 * @param request.signal Gives up early (`aborted`).
 * @returns A result for every failed attempt too.
 * @throws Only for what cannot be a request: a URL that does not parse, headers that undici refuses.
 */
export async function sendWebhook(
  agent: Dispatcher,
  request: { url: string; headers: Record<string, string>; body: Buffer; timeoutMs: number; signal?: AbortSignal },
): Promise<AttemptResult> {
  const startedAt = performance.now();
  const elapsedMs = () => Math.round(performance.now() - startedAt);
  const url = new URL(request.url);
  const post: Dispatcher.DispatchOptions = {
    origin: url.origin,
    path: url.pathname + url.search,
    method: 'POST',
    headers: { ...request.headers, 'content-type': 'application/json' },
    body: request.body,
  };
  try {
    const answer = await exchange(agent, post, request);
    return answered(answer, elapsedMs());
  } catch (error) {
    if (isOurMistake(error)) throw error;
    return unanswered(classifyError(error), elapsedMs());
  }
}

function answered({ statusCode, headers, start }: Answer, durationMs: number): AttemptResult {
  const error = classifyStatus(statusCode);
  const mayAskToWait = statusCode === 429 || statusCode === 503;
  return {
    ok: error === null,
    statusCode,
    durationMs,
    error,
    response: textOf(start),
    retryAfterMs: mayAskToWait ? retryAfterMs(headers['retry-after'], Date.now()) : null,
    gone: statusCode === 410,
  };
}

function textOf(start: Buffer): string {
  // As most answers are; a decoder costs more than all the rest here.
  if (start.length === 0) return '';
  // `stream` leaves out a character that the cut at 4 KiB went through.
  return new TextDecoder().decode(start, { stream: true }).replaceAll('\0', '');
}

function unanswered(error: AttemptError, durationMs: number): AttemptResult {
  return { ok: false, statusCode: null, durationMs, error, response: '', retryAfterMs: null, gone: false };
}

function isOurMistake(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'UND_ERR_INVALID_ARG';
}
