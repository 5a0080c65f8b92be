const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;

/**
 * The wait before retrying a safe call that failed for the `attempt`th time (from 1): 1 s, doubling to 60 s, and
 * ±20 % so that those who failed together do not come back together. `random` in [0, 1); ms.
 */
export function backoffMs(attempt: number, random: number): number {
  return spread(Math.min(LONGEST_MS, FIRST_MS * 2 ** (Math.max(1, attempt) - 1)), random);
}

/**
 * The wait after the `attempt`th delivery (from 1) of a webhook before the next, ±20 %; null when the schedule is
 * used up. `schedule`: the waits before each attempt in ms, the first one included (api.md: 0, 5 s, 5 m, …).
 */
export function webhookDelayMs(attempt: number, schedule: readonly number[], random: number): number | null {
  const wait = schedule[attempt];
  return wait === undefined ? null : spread(wait, random);
}

/** How long all attempts of a message take at most, in ms, where no receiver asks for more time. */
export function longestRetriesMs(schedule: readonly number[]): number {
  return schedule.reduce((sum, wait) => sum + spread(wait, 1), 0);
}

function spread(ms: number, random: number): number {
  return Math.round(ms * (0.8 + 0.4 * random));
}
