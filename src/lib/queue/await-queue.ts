import { awaitStore, StoreRefused, type Wait } from '../await-store.ts';
import { settlesWithin } from '../settles-within.ts';
import { openQueueBackend, type QueueStore } from './backend.ts';

/** What Redis says to those whom it will not serve, however long they wait (its ACL). */
const REFUSED = /^(NOAUTH|WRONGPASS|NOPERM)\b/;
/** The client may try on without a word to who asks; its connection said why. In ms. */
const ASK_TIMEOUT_MS = 2_000;

/**
 * Waits until the store of the queues answers, and warns of a Redis that may throw entries away. Throws as `awaitStore`
 * does, and StoreRefused.
 */
export async function awaitQueue(where: QueueStore, wait: Wait): Promise<void> {
  let heard: Error | undefined;
  const backend = openQueueBackend({ ...where, workers: 0 }, (error) => {
    heard = error;
  });
  const ask = async () => {
    const answered = await settlesWithin(backend.ping(), ASK_TIMEOUT_MS).catch((error) => {
      heard ??= error;
      return false;
    });
    if (answered) return;
    const reason = heard ?? new Error(`no answer within ${ASK_TIMEOUT_MS / 1000} s`);
    throw REFUSED.test(reason.message) ? new StoreRefused(`Redis refuses REDIS_URL: ${reason.message}`) : reason;
  };
  const isAway = (error: unknown) => !(error instanceof StoreRefused);
  try {
    await awaitStore({ name: 'queue', ask, isAway }, wait);
    const policy = await backend.evictionPolicy();
    if (policy !== null && policy !== 'noeviction')
      wait.log.warn(
        { policy },
        'Redis throws entries of the queue away when its memory is full: set maxmemory-policy to noeviction',
      );
  } finally {
    await backend.close();
  }
}
