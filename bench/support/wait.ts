import { setTimeout as pause } from 'node:timers/promises';
import { Void } from './rounds.ts';

/** A look is a statement, and not for nothing. In ms. */
const LOOK_EVERY_MS = 100;

/** Waits until `look` gives true. Throws Void after `timeoutMs`. */
export async function until(what: string, look: () => Promise<boolean>, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await look())) {
    if (Date.now() > deadline) throw new Void(`waited ${timeoutMs} ms in vain for ${what}`);
    await pause(LOOK_EVERY_MS);
  }
}
