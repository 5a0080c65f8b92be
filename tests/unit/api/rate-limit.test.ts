import { expect, it } from 'vitest';
import { createRateLimit } from '../../../src/api/rate-limit.ts';
import { Problem } from '../../../src/lib/errors.ts';

function limited(count: number, windowMs: number) {
  let nowMs = 1_000_000;
  const limit = createRateLimit({ count, windowMs }, () => nowMs);
  return {
    pass(ms: number) {
      nowMs += ms;
    },
    /** The answer's `RateLimit`, and the seconds of its `Retry-After` if it was refused. */
    spend(who: string, cost: 0 | 1 = 1) {
      const headers: Record<string, unknown> = {};
      const reply = { header: (name: string, value: unknown) => Object.assign(headers, { [name]: value }) };
      let refused: number | null = null;
      try {
        limit.spend(reply as never, who, cost);
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'rate_limited') throw error;
        refused = error.retryAfterS;
      }
      return { left: headers.ratelimit, policy: headers['ratelimit-policy'], refused };
    },
  };
}

it('counts down, refuses what is too much, and begins anew after the window', () => {
  const { spend, pass } = limited(2, 60_000);
  expect(spend('a')).toEqual({ left: '"submit";r=1;t=60', policy: '"submit";q=2;w=60', refused: null });
  pass(10_500);
  expect(spend('a')).toMatchObject({ left: '"submit";r=0;t=50', refused: null });
  expect(spend('a')).toMatchObject({ left: '"submit";r=0;t=50', refused: 50 });
  pass(49_499);
  expect(spend('a')).toMatchObject({ left: '"submit";r=0;t=1', refused: 1 });
  pass(1);
  expect(spend('a')).toMatchObject({ left: '"submit";r=1;t=60', refused: null });
});

it('a window never has more seconds than it has, whatever fractions the clock counts', () => {
  const { spend, pass } = limited(2, 60_000);
  pass(0.3);
  expect(spend('a').left).toBe('"submit";r=1;t=60');
  pass(1_234.567);
  expect(spend('a', 0).left).toBe('"submit";r=1;t=59');
});

it('what costs nothing is told what is left, and never refused', () => {
  const { spend } = limited(1, 60_000);
  expect(spend('a', 0)).toMatchObject({ left: '"submit";r=1;t=60', refused: null });
  spend('a');
  expect(spend('a', 0)).toMatchObject({ left: '"submit";r=0;t=60', refused: null });
});

it('everybody has a window of their own', () => {
  const { spend } = limited(1, 60_000);
  spend('a');
  expect(spend('b').refused).toBeNull();
  expect(spend('a').refused).toBe(60);
});

it('windows that are over are forgotten, those that run are not', () => {
  const { spend, pass } = limited(1, 10_000);
  spend('a');
  pass(9_000);
  spend('b');
  pass(2_000);
  expect(spend('c').refused).toBeNull();
  expect(spend('b').refused).toBe(8);
});
