import type { Dispatcher } from 'undici';
import { createSseReader, type SseReader } from './sse.ts';
import { parseJson, readAnswer } from './transport.ts';
import type { Answer } from './upstream-error.ts';

/** An answer that is not a stream is an error message; more than this of it tells nothing new. In bytes. */
const MAX_REFUSAL_BYTES = 64_000;

/** What came of a request: a stream, heard to its end, or an answer of another kind. */
export type Heard = { kind: 'closed' } | { kind: 'answered'; answer: Answer };

/**
 * Makes a request and listens to the stream that it is answered with; `onPayload` gets each payload (sse.ts) as it
 * comes. Throws what the network does, and what `onPayload` throws.
 */
export function listen(
  client: Dispatcher,
  request: Dispatcher.DispatchOptions,
  onPayload: (payload: string) => void,
): Promise<Heard> {
  return new Promise((resolve, reject) => {
    client.dispatch(request, new Listener(onPayload, resolve, reject));
  });
}

/**
 * Reads bytes at once where the socket brings them. As a `Readable`, each event of thousands of conversations would pass
 * through a queue and some promises. Nothing ever waits there, so there is nothing to hold back.
 */
class Listener implements Dispatcher.DispatchHandler {
  readonly #onPayload: (payload: string) => void;
  readonly #resolve: (heard: Heard) => void;
  readonly #reject: (error: Error) => void;
  #stream: SseReader | null = null;
  #refusal: Refusal | null = null;

  constructor(onPayload: (payload: string) => void, resolve: (heard: Heard) => void, reject: (error: Error) => void) {
    this.#onPayload = onPayload;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart(): void {
    // Undici tells handlers of this kind by it.
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: Headers): void {
    // They have been read; kept with the request, they would hold the first bytes of the answer as long as it lasts.
    controller.rawHeaders = null;
    // 100 Continue and the like announce the answer.
    if (status < 200) return;
    if (isStream(status, headers)) this.#stream = createSseReader(this.#onPayload);
    else this.#refusal = { status, headers, chunks: [], size: 0 };
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#stream?.push(chunk);
    if (!this.#refusal) return;
    this.#refusal.chunks.push(chunk);
    this.#refusal.size += chunk.length;
    if (this.#refusal.size > MAX_REFUSAL_BYTES) this.onResponseEnd();
  }

  onResponseEnd(): void {
    this.#stream?.end();
    this.#resolve(this.#refusal ? { kind: 'answered', answer: answerOf(this.#refusal) } : { kind: 'closed' });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#reject(error);
  }
}

type Headers = Dispatcher.ResponseData['headers'];
type Refusal = { status: number; headers: Headers; chunks: Buffer[]; size: number };

/** A stream may come without a content type; JSON and HTML are answers of another kind. */
function isStream(status: number, headers: Headers): boolean {
  return status === 200 && !/json|html/i.test(String(headers['content-type'] ?? ''));
}

function answerOf({ status, headers, chunks }: Refusal): Answer {
  return readAnswer(status, headers, parseJson(Buffer.concat(chunks).toString('utf8')));
}
