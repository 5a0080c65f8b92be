import { readTestOnly } from './test-only.ts';

/** How far the clock of this process is off, for tests. In ms. */
const OFFSET_MS = Number(readTestOnly('TEST_CLOCK_OFFSET_MS') ?? 0);

/** The time of day, for what people read. Leases and due times use the database's clock instead. */
export function now(): Date {
  return new Date(Date.now() + OFFSET_MS);
}

/** Milliseconds that only ever grow, whatever happens to the time of day: for spans and windows. */
export function monotonicMs(): number {
  return performance.now();
}
