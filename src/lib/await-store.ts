import { monotonicMs } from './clock.ts';
import type { Logger } from './logger.ts';
import { settlesWithin } from './settles-within.ts';

/** Often enough to begin soon after the store does, seldom enough not to disturb its start. In ms. */
const ASK_AGAIN_MS = 500;
/** A store that is well answers in milliseconds. In ms. */
const ANSWER_TIMEOUT_MS = 5_000;

/** A store that a process cannot begin without did not come in time. The message is for whoever operates it. */
export class StoreMissing extends Error {
  override readonly name = 'StoreMissing';
}

/** A store is there and does not serve us, however long we wait. The message is for whoever operates it. */
export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
}

export type Wait = { limitMs: number; log: Logger };

/**
 * Waits until a store answers, so that processes and stores can be started in any order. Logs what it waits for,
 * once a reason. Throws StoreMissing after `limitMs`, and at once what `isAway` does not take for an absence (a wrong password).
 * @param ask rejects while the store is not there, with the reason.
 */
export async function awaitStore(
  store: { name: string; ask(): Promise<unknown>; isAway(error: unknown): boolean },
  { limitMs, log }: Wait,
): Promise<void> {
  const deadline = monotonicMs() + limitMs;
  let told: string | null = null;
  for (;;) {
    const reason = await reasonToWait(store);
    if (reason === null) return;
    if (reason !== told) log.warn({ store: store.name, reason }, 'waits for a store');
    told = reason;
    if (monotonicMs() >= deadline)
      throw new StoreMissing(`The ${store.name} was not there within ${limitMs / 1000} s (START_TIMEOUT): ${reason}`);
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

/** Null once the store answers, else what is in the way. */
async function reasonToWait({ ask, isAway }: Parameters<typeof awaitStore>[0]): Promise<string | null> {
  try {
    return (await settlesWithin(ask(), ANSWER_TIMEOUT_MS)) ? null : `no answer within ${ANSWER_TIMEOUT_MS / 1000} s`;
  } catch (error) {
    if (!isAway(error)) throw error;
    return reasonOf(error);
  }
}

/** An AggregateError (a name with several addresses) has no message of its own. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
