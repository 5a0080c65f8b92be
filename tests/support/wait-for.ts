import { setTimeout as pause } from 'node:timers/promises';

/** How often a state is looked at, in ms. */
const LOOK_EVERY_MS = 20;

/** Waits until `look` gives something other than null, undefined or false. Throws after `timeoutMs`, with what it last saw. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  timeoutMs = 20_000,
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await pause(LOOK_EVERY_MS);
  }
}
