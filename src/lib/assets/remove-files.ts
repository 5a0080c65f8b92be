import type { Logger } from '../logger.ts';
import type { AssetStore } from './store.ts';

/** Removes files, each for itself. @returns the keys that are gone; what stays is in the log, and is tried again. */
export function createFileRemoval(
  store: AssetStore,
  log: Pick<Logger, 'warn'>,
): (keys: string[]) => Promise<Set<string>> {
  return async (keys) => {
    const gone = new Set<string>();
    for (const key of keys) {
      try {
        await store.remove(key);
        gone.add(key);
      } catch (error) {
        log.warn({ err: error, store_key: key }, 'a file could not be removed');
      }
    }
    return gone;
  };
}
