import { awaitStore, type Wait } from '../await-store.ts';
import { openQueueBackend } from './factory.ts';

/** What Redis says to those whom it will not serve, however long they wait (its ACL). */
const REFUSED = /^(NOAUTH|WRONGPASS|NOPERM)\b/;

/** Waits until the store of the queues answers. Throws as `awaitStore` does. */
export async function awaitQueue(
  where: { redisUrl: string | undefined; databaseUrl: string },
  wait: Wait,
): Promise<void> {
  let heard: Error | undefined;
  const backend = openQueueBackend({ ...where, workers: 0 }, (error) => {
    heard = error;
  });
  const ask = async () => {
    await backend.ping().catch((error) => {
      // The client only says that it gave up; its connection said why.
      throw heard ?? error;
    });
  };
  const isAway = (error: unknown) => !(error instanceof Error && REFUSED.test(error.message));
  await awaitStore({ name: 'queue', ask, isAway }, wait).finally(backend.close);
}
