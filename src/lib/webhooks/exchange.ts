import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** Most answers are read to their end, so that the connection can be used again. In bytes. */
const MAX_READ = 64 * 1024;
/** As much of an answer as tells people why it was no success. In bytes. */
const MAX_KEPT = 4 * 1024;

/** An answer whose status and headers came; `start` is at most MAX_KEPT of its body. */
export type Answer = { statusCode: number; headers: IncomingHttpHeaders; start: Buffer };

/** The exchange was given up from our side before an answer came. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly why: 'timeout' | 'aborted';

  constructor(why: 'timeout' | 'aborted') {
    super(`The request was stopped: ${why}.`);
    this.why = why;
  }
}

/**
 * One HTTP request and what came back, within one deadline for everything: waiting for a connection, connecting,
 * sending, reading. Once status and headers are here the result stands, however the body goes on. After MAX_READ of
 * body the connection is dropped. A request that still waits for a connection when it is stopped is not sent later.
 *
 * This is `dispatch` and not `request`: a stop must count before there is a connection, where undici's signal is not
 * heard, and without streams and signals a delivery costs half as much CPU.
 *
 * @throws Stopped at the deadline (`timeout`) or when the signal fires (`aborted`); else undici's error. Only when no
 *   status came.
 */
export function exchange(
  agent: Dispatcher,
  request: Dispatcher.DispatchOptions,
  { timeoutMs, signal }: { timeoutMs: number; signal?: AbortSignal },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | null = null;
    let head: Omit<Answer, 'start'> | null = null;
    let stopped: Stopped | null = null;
    const kept: Buffer[] = [];
    let read = 0;

    const finish = (error: Error | null) => {
      clearTimeout(deadline);
      signal?.removeEventListener('abort', abort);
      if (head !== null) resolve({ ...head, start: Buffer.concat(kept) });
      else reject(error);
    };
    const stop = (why: Stopped['why']) => {
      stopped = new Stopped(why);
      finish(stopped);
      controller?.abort(stopped);
    };
    const abort = () => stop('aborted');
    const deadline = setTimeout(stop, timeoutMs, 'timeout');
    if (signal?.aborted) {
      abort();
      return;
    }
    signal?.addEventListener('abort', abort, { once: true });

    // Both of undici's own timeouts are gaps between bytes, which a receiver that drips never exceeds.
    const withoutTimeouts = { ...request, headersTimeout: 0, bodyTimeout: 0 };
    agent.dispatch(withoutTimeouts, {
      onRequestStart: (started) => {
        controller = started;
        if (stopped !== null) started.abort(stopped);
      },
      onResponseStart: (_, statusCode, headers) => {
        if (statusCode >= 200) head = { statusCode, headers };
      },
      onResponseData: (reading, chunk) => {
        if (read < MAX_KEPT) kept.push(chunk.subarray(0, MAX_KEPT - read));
        read += chunk.length;
        if (read >= MAX_READ) reading.abort(new Error('The answer is longer than we read.'));
      },
      onResponseEnd: () => finish(null),
      onResponseError: (_, error) => finish(error),
    });
  });
}
