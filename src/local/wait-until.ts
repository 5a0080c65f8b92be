import { setTimeout as sleep } from 'node:timers/promises';

/** Between two looks, in ms: well under what a person notices, and cheap. */
const LOOK_EVERY_MS = 20;

/** Looks until `condition` holds (true) or `limitMs` has passed (false). */
export async function waitUntil(condition: () => boolean | Promise<boolean>, limitMs: number): Promise<boolean> {
  const end = performance.now() + limitMs;
  while (!(await condition())) {
    if (performance.now() >= end) return false;
    await sleep(LOOK_EVERY_MS);
  }
  return true;
}
