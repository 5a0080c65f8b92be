/** What an upstream answer said, as far as it said anything. `code` is the envelope's, `message` its words (or empty). */
export type Answer = { status: number; code: number | null; retryAfterMs: number | null; message: string };

/**
 * A call to NemoVideo that did not succeed. With an `answer` the upstream has spoken; without one the call was cut off
 * on the way (DNS, connect, reset, time-out) or was answered with something that is not its protocol.
 */
export class UpstreamError extends Error {
  override readonly name = 'UpstreamError';
  readonly call: string;
  readonly answer: Answer | null;

  constructor(call: string, message: string, more: { answer?: Answer; cause?: unknown } = {}) {
    super(`${call}: ${message}`, { cause: more.cause });
    this.call = call;
    this.answer = more.answer ?? null;
  }
}
