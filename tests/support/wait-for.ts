import { setTimeout as pause } from 'node:timers/promises';

/** How often a state is looked at: at first, and after a second or more. A look costs a few ms of a core. In ms. */
const LOOK_EVERY_MS = 20;
const LATER_EVERY_MS = 60;

/** Waits until `look` gives something other than null, undefined or false. Throws after `timeoutMs`, with what it last saw. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | null | undefined | false>,
  timeoutMs = 45_000,
): Promise<T> {
  const began = Date.now();
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== undefined && seen !== false) return seen;
    const waitedMs = Date.now() - began;
    if (waitedMs > timeoutMs) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await pause(waitedMs < 1_000 ? LOOK_EVERY_MS : LATER_EVERY_MS);
  }
}
