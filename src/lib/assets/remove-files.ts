import type { Logger } from '../logger.ts';
import { createSlots } from '../slots.ts';
import type { AssetStore } from './store.ts';

/** A store far away takes tens of ms for each: enough at once to remove hundreds a second, and few for any store. */
const FILES_AT_ONCE = 10;

/** Removes files, each for itself. @returns the keys that are gone; what stays is in the log, and is tried again. */
export function createFileRemoval(
  store: Pick<AssetStore, 'remove'>,
  log: Pick<Logger, 'warn'>,
): (keys: string[]) => Promise<Set<string>> {
  return async (keys) => {
    const gone = new Set<string>();
    const remove = async (key: string) => {
      try {
        await store.remove(key);
        gone.add(key);
      } catch (error) {
        log.warn({ err: error, store_key: key }, 'a file could not be removed');
      }
    };
    const inSlot = createSlots(FILES_AT_ONCE);
    await Promise.all(keys.map((key) => inSlot(() => remove(key))));
    return gone;
  };
}
