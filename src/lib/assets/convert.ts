import { Worker } from 'node:worker_threads';

/** One of this size takes 1.8 GB while it is converted (measured). In pixels. */
const MAX_PIXELS = 50_000_000;
/** The largest image that is allowed took 13 s (measured); a busy machine gets some more. In ms. */
const TIMEOUT_MS = 120_000;
/** Heap of the thread, without the pixels themselves; one that needs more ends, and only it. In MB. */
const MAX_HEAP_MB = 1_024;

/** The file is no image that can be converted: damaged, too large, or of a form that the decoder does not know. */
export class UnsupportedImage extends Error {
  override readonly name = 'UnsupportedImage';
}

export type HeicConverter = {
  /**
   * A HEIC image as JPEG, turned as its file says. Decoding is synchronous: it runs in a thread of its own, one image
   * at a time; `load` is called when it is this one's turn. Throws UnsupportedImage, or what `load` throws.
   */
  toJpeg(load: () => Promise<Uint8Array>, signal: AbortSignal): Promise<Uint8Array>;
};

export function createHeicConverter(): HeicConverter {
  let last: Promise<unknown> = Promise.resolve();
  return {
    toJpeg(load, signal) {
      const turn = last.then(async () => {
        signal.throwIfAborted();
        return runThread(await load(), signal);
      });
      last = turn.catch(() => undefined);
      return turn;
    },
  };
}

/** What the thread answers. */
export type ThreadAnswer = { jpeg: Uint8Array } | { fault: string };

async function runThread(heic: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
  const thread = new Worker(new URL('./convert-thread.js', import.meta.url), {
    workerData: { heic, maxPixels: MAX_PIXELS },
    resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    // The decoder talks to the console.
    stdout: true,
    stderr: true,
  });
  const late = AbortSignal.timeout(TIMEOUT_MS);
  const abandoned = AbortSignal.any([signal, late]);
  try {
    const answer = await new Promise<ThreadAnswer>((resolve, reject) => {
      thread.once('message', resolve);
      thread.once('error', (error) => resolve({ fault: `the decoder failed: ${error.message}` }));
      thread.once('exit', (code) => resolve({ fault: `the decoder ended with ${code}` }));
      abandoned.addEventListener('abort', () => reject(abandoned.reason), { once: true });
    });
    if ('fault' in answer) throw new UnsupportedImage(answer.fault);
    return answer.jpeg;
  } catch (error) {
    if (!signal.aborted && late.aborted) throw new UnsupportedImage(`not decoded within ${TIMEOUT_MS} ms`);
    throw error;
  } finally {
    await thread.terminate();
  }
}
