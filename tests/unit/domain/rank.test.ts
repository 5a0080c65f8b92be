import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rankMs } from '../../../src/lib/domain/rank.ts';

const MINUTE = 60_000;

it('the older goes first, and a larger priority before a smaller one of the same age', () => {
  expect(rankMs(1_000, 0)).toBeLessThan(rankMs(2_000, 0));
  expect(rankMs(2_000, 1)).toBeLessThan(rankMs(1_000, 0));
  expect(rankMs(0, 100)).toBeLessThan(rankMs(0, 99));
});

it('no priority keeps another job waiting for ever', () => {
  const priority = fc.integer({ min: -100, max: 100 });
  fc.assert(
    fc.property(priority, priority, (one, other) => {
      const newer = 200 * 10 * MINUTE + 1;
      expect(rankMs(0, one)).toBeLessThan(rankMs(newer, other));
    }),
  );
});
