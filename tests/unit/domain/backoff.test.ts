import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, webhookDelayMs } from '../../../src/lib/domain/backoff.ts';

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('the wait before a retry', () => {
  it.each([
    [1, 1_000],
    [2, 2_000],
    [6, 32_000],
    [7, 60_000],
    [5_000, 60_000],
    [0, 1_000],
  ])('after attempt %i is %i ms, give or take a fifth', (attempt, ms) => {
    expect(backoffMs(attempt, 0.5)).toBe(ms);
    expect(backoffMs(attempt, 0)).toBe(ms * 0.8);
    fc.assert(fc.property(random, (chance) => Math.abs(backoffMs(attempt, chance) - ms) <= ms * 0.2));
  });
});

describe('the wait before the next delivery of a webhook', () => {
  const schedule = [0, 5_000, 300_000];

  it.each([
    [0, 0],
    [1, 5_000],
    [2, 300_000],
  ])('after attempt %i is the schedule’s %i ms, give or take a fifth', (attempt, ms) => {
    expect(webhookDelayMs(attempt, schedule, 0.5)).toBe(ms);
    fc.assert(
      fc.property(random, (chance) => Math.abs((webhookDelayMs(attempt, schedule, chance) ?? -1) - ms) <= ms * 0.2),
    );
  });

  it('is null when the schedule is used up', () => {
    expect(webhookDelayMs(3, schedule, 0.5)).toBeNull();
    expect(webhookDelayMs(1, [], 0.5)).toBeNull();
  });
});
