import { hasRedisServer } from './own-stores.ts';

/** `CHAOS=full`: the long run whose figures are kept in docs/durability.md; else the short one of every build. */
export const FULL = process.env.CHAOS === 'full';

/** Which jobs are sent, and where processes die; the same again with CHAOS_SEED. */
export const SEED = Number(process.env.CHAOS_SEED ?? 1);

/** Jobs and deaths at boundaries, over both backends of the queue. */
export const JOBS = FULL ? 1000 : 150;
/** null: each boundary once, on each backend. */
export const BOUNDARIES = FULL ? null : 12;

/** A killed worker's jobs wait for its lease (15 s) and the queue's own watch (20 s); a job may be hit more than once. In ms. */
export const SETTLE_TIMEOUT_MS = FULL ? 20 * 60_000 : 150_000;

/** One line of the report; the figures of the full run are read from it. */
export function tell(line: string): void {
  process.stdout.write(`chaos: ${line}\n`);
}

/** Where the queue can live here. */
export function backends(): ('postgres' | 'redis')[] {
  return hasRedisServer() ? ['postgres', 'redis'] : ['postgres'];
}
