import { monotonicMs } from '../lib/clock.ts';
import { noteKeyUse } from '../lib/db/api-keys.ts';
import type { Queryable } from '../lib/db/database.ts';
import type { Logger } from '../lib/logger.ts';

/** The last use of a key is known to the minute: one write a key and minute, however often it is used. In ms. */
const SPAN_MS = 60_000;
/** Keys that are used within the same second share a statement. In ms. */
const GATHER_MS = 1_000;

export type KeyUse = {
  /** Notes that a key was used; returns at once. */
  note(keyId: string): void;
  /** Writes what is noted. */
  stop(): Promise<void>;
};

/** Keeps `last_used_at` of the keys, behind the requests. What a crash loses is the use of a second. */
export function createKeyUse(db: Queryable, log: Logger): KeyUse {
  const notedAt = new Map<string, number>();
  let gathered = new Set<string>();
  let timer: NodeJS.Timeout | null = null;

  const write = async () => {
    timer = null;
    const ids = [...gathered];
    gathered = new Set();
    if (ids.length === 0) return;
    await noteKeyUse(db, ids, SPAN_MS).catch((error) => log.warn({ err: error }, 'the use of keys was not noted'));
  };
  return {
    note(keyId) {
      const at = monotonicMs();
      if (at - (notedAt.get(keyId) ?? -SPAN_MS) < SPAN_MS) return;
      notedAt.set(keyId, at);
      gathered.add(keyId);
      timer ??= setTimeout(write, GATHER_MS);
    },
    async stop() {
      if (timer) clearTimeout(timer);
      await write();
    },
  };
}
