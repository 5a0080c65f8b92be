import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSettled, settleCharge } from '../../../src/lib/domain/charge.ts';
import type { Credits } from '../../../src/lib/domain/job.ts';

const balance = (available: number, frozen = 0): Credits => ({ available, frozen, total: available + frozen });

describe('what a message cost', () => {
  it.each<[string, Credits | null, Credits | null, boolean, string, number | null, string]>([
    ['is exact when the balance fell', balance(100), balance(40), false, 'yes', 60, 'exact'],
    ['is exact when the balance is as it was', balance(100), balance(100), false, 'no', 0, 'exact'],
    [
      'is an upper bound when credits were reserved before',
      balance(60, 40),
      balance(60),
      false,
      'unknown',
      40,
      'bounded',
    ],
    ['is an upper bound when another turn overlapped', balance(100), balance(0), true, 'unknown', 100, 'bounded'],
    [
      'is an upper bound of nothing when another turn overlapped',
      balance(100),
      balance(100),
      true,
      'unknown',
      0,
      'bounded',
    ],
    [
      'counts all that is reserved, whoever did before',
      balance(0, 100),
      balance(0, 100),
      true,
      'unknown',
      100,
      'bounded',
    ],
    ['is an upper bound while credits are reserved', balance(100), balance(0, 90), false, 'unknown', 100, 'bounded'],
    ['has no bound when the balance was topped up', balance(100), balance(300), false, 'unknown', null, 'bounded'],
    ['has no bound when it was topped up and overlapped', balance(100), balance(300), true, 'unknown', null, 'bounded'],
    ['is unknown without a balance before', null, balance(100), false, 'unknown', null, 'unknown'],
    ['is unknown without a balance after', balance(100), null, true, 'unknown', null, 'unknown'],
  ])('%s', (_what, before, after, overlapped, charged, credits, certainty) => {
    expect(settleCharge({ before, after, overlapped })).toEqual({
      charged,
      cost: { before, after, charged: credits, certainty },
    });
  });

  it('is "no" only where an untouched balance proves it', () => {
    const any = fc
      .record({ available: fc.nat(200), frozen: fc.nat(200) })
      .map((one) => balance(one.available, one.frozen));
    fc.assert(
      fc.property(any, any, fc.boolean(), (before, after, overlapped) => {
        const { charged, cost } = settleCharge({ before, after, overlapped });
        const isUntouched = before.total === after.total && before.frozen === 0 && after.frozen === 0;
        expect(charged === 'no').toBe(isUntouched && !overlapped);
        expect(charged === 'unknown').toBe(cost.certainty !== 'exact');
        expect(cost.charged ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

it.each([
  [0, 0, true],
  [40, 40, true],
  [40, 10, true],
  [40, 41, false],
])('with %i credits reserved before and %i now a turn is settled: %s', (before, now, settled) => {
  expect(isSettled(balance(0, before), balance(0, now))).toBe(settled);
});
