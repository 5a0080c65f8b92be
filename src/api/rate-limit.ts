import { Problem } from '../lib/errors.ts';

/** So many requests a window. */
type Rate = { count: number; windowMs: number };

/** An answer whose headers are not sent yet. */
type Answer = { header(name: string, value: string): unknown };

export type RateLimit = {
  /**
   * Takes `cost` of what `who` has left in its window, and says so in the answer's headers (the REST contract,
   * "Conventions"). Throws rate_limited when there is not so much; what costs nothing is never refused.
   */
  spend(answer: Answer, who: string, cost: 0 | 1): void;
};

/** Whoever has no key is counted by its address. */
export function addressOf({ ip }: { ip: string }): string {
  return `address ${ip}`;
}

type Window = { endsAtMs: number; used: number };

/** Counts in this process only. A window begins with the first request that costs. @param clockMs only ever grows. */
export function createRateLimit({ count, windowMs }: Rate, clockMs: () => number): RateLimit {
  const windows = new Map<string, Window>();
  let sweepAtMs = clockMs() + windowMs;

  const current = (who: string, nowMs: number): Window => {
    const known = windows.get(who);
    return known && known.endsAtMs > nowMs ? known : { endsAtMs: nowMs + windowMs, used: 0 };
  };
  const sweep = (nowMs: number) => {
    if (nowMs < sweepAtMs) return;
    sweepAtMs = nowMs + windowMs;
    for (const [who, { endsAtMs }] of windows) if (endsAtMs <= nowMs) windows.delete(who);
  };

  return {
    spend(answer, who, cost) {
      // Whole ms: a fraction would make the seconds below one more than the window has.
      const nowMs = Math.floor(clockMs());
      sweep(nowMs);
      const window = current(who, nowMs);
      const refused = cost > 0 && window.used >= count;
      if (cost > 0 && !refused) {
        window.used += cost;
        windows.set(who, window);
      }
      const resetS = Math.ceil((window.endsAtMs - nowMs) / 1000);
      answer.header('ratelimit-policy', `"submit";q=${count};w=${Math.ceil(windowMs / 1000)}`);
      answer.header('ratelimit', `"submit";r=${count - window.used};t=${resetS}`);
      if (!refused) return;
      throw new Problem('rate_limited', `At most ${count} requests in ${windowMs / 1000} s.`, { retryAfterS: resetS });
    },
  };
}
