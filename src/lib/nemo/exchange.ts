import type { Dispatcher } from 'undici';

/** An answer with all of its body. */
export type WholeAnswer = { status: number; headers: Dispatcher.ResponseData['headers']; text: string };

/** One for all: a worker that stops gives up many, and nobody hears of it but undici. */
const GIVEN_UP = new Error('the call is given up');

/**
 * One HTTP call and its answer, read to the end; how long and how large it may be is the agent's to say. It is given up
 * when the signal fires, also while it waits for a connection: then it is not sent any more.
 *
 * This is `dispatch` and not `request`: without a stream and its promises for each answer a call costs half as much CPU.
 *
 * Throws the signal's reason, and what the network does.
 */
export function exchange(
  agent: Dispatcher,
  request: Dispatcher.DispatchOptions,
  signal?: AbortSignal,
): Promise<WholeAnswer> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | null = null;
    let head: Omit<WholeAnswer, 'text'> = { status: 0, headers: {} };
    const chunks: Buffer[] = [];

    const giveUp = () => {
      reject(signal?.reason);
      controller?.abort(GIVEN_UP);
    };
    const over = () => signal?.removeEventListener('abort', giveUp);
    if (signal?.aborted) return giveUp();
    signal?.addEventListener('abort', giveUp, { once: true });

    agent.dispatch(request, {
      onRequestStart(started) {
        controller = started;
        if (signal?.aborted) started.abort(GIVEN_UP);
      },
      onResponseStart(_, status, headers) {
        // 100 Continue and the like announce the answer.
        if (status >= 200) head = { status, headers };
      },
      onResponseData: (_, chunk) => void chunks.push(chunk),
      onResponseEnd() {
        over();
        resolve({ ...head, text: textOf(chunks) });
      },
      onResponseError(_, error) {
        over();
        reject(error);
      },
    });
  });
}

/** As UTF-8, without a byte order mark. */
function textOf(chunks: readonly Buffer[]): string {
  const [first, ...more] = chunks;
  if (!first) return '';
  return new TextDecoder().decode(more.length === 0 ? first : Buffer.concat(chunks));
}
