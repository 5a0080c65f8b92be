import { StartFault } from './start-fault.ts';

/** What `promise` gives, unless `limitMs` passes first (a StartFault with `sentence`) or `signal` aborts (its reason). */
export async function within<T>(
  limitMs: number,
  signal: AbortSignal,
  promise: Promise<T>,
  sentence: string,
): Promise<T> {
  signal.throwIfAborted();
  const { promise: cut, reject } = rejectable();
  const abort = () => reject(signal.reason);
  const timer = setTimeout(() => reject(new StartFault(sentence)), limitMs);
  signal.addEventListener('abort', abort);
  try {
    return await Promise.race([promise, cut]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}

function rejectable(): { promise: Promise<never>; reject: (reason: unknown) => void } {
  let reject: (reason: unknown) => void = () => undefined;
  const promise = new Promise<never>((_, rejectIt) => {
    reject = rejectIt;
  });
  return { promise, reject };
}
