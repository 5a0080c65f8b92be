import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clockTime, timeAxis } from '../../../src/lib/domain/timeline/time-axis.ts';

const HOUR = 3_600_000;

describe('a time axis', () => {
  it.each([
    [0, '0s'],
    [500, '0s 0.1s 0.2s 0.3s 0.4s 0.5s'],
    [3000, '0s 0.5s 1s 1.5s 2s 2.5s 3s'],
    [10_000, '0s 1s 2s 3s 4s 5s 6s 7s 8s 9s 10s'],
    [53_000, '0s 5s 10s 15s 20s 25s 30s 35s 40s 45s 50s'],
    [60_000, '0:00 0:10 0:20 0:30 0:40 0:50 1:00'],
    [95_000, '0:00 0:10 0:20 0:30 0:40 0:50 1:00 1:10 1:20 1:30'],
    [20 * 60_000, '0:00 2:00 4:00 6:00 8:00 10:00 12:00 14:00 16:00 18:00 20:00'],
    [HOUR, '0:00:00 0:10:00 0:20:00 0:30:00 0:40:00 0:50:00 1:00:00'],
    [700 * HOUR, '0:00:00 96:00:00 192:00:00 288:00:00 384:00:00 480:00:00 576:00:00 672:00:00'],
  ])('of %i ms is marked %s', (durationMs, labels) => {
    const ticks = timeAxis(durationMs, 11);
    expect(ticks.map((tick) => tick.label).join(' ')).toBe(labels);
  });

  it('has evenly spaced marks within the time, each with its own label, and not too many', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5000 * HOUR }), fc.integer({ min: 2, max: 40 }), (durationMs, most) => {
        const ticks = timeAxis(durationMs, most);
        const step = ticks[1]?.ms ?? 0;
        expect(ticks.map((tick) => tick.ms)).toEqual(ticks.map((_, at) => at * step));
        expect(ticks.at(-1)?.ms).toBeLessThanOrEqual(durationMs);
        expect(ticks.length).toBeLessThanOrEqual(most);
        expect(new Set(ticks.map((tick) => tick.label)).size).toBe(ticks.length);
      }),
    );
  });
});

it.each([
  [0, undefined, '0s'],
  [1500, undefined, '1.5s'],
  [12_400, undefined, '12.4s'],
  [65_000, undefined, '1:05'],
  [3_725_000, undefined, '1:02:05'],
  [5000, 90_000, '0:05'],
  [5000, 2 * HOUR, '0:00:05'],
])('%i ms on a scale of %s is %s', (ms, scaleMs, shown) => {
  expect(clockTime(ms, scaleMs)).toBe(shown);
});
