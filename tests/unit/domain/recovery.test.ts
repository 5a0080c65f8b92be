import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRecovery, type Recovery, type RecoveryLook } from '../../../src/lib/domain/recovery.ts';

const delaysMs = [30_000, 60_000, 60_000, 60_000, 60_000];
const free = { available: 100, frozen: 0, total: 100 };
const reserved = { available: 0, frozen: 100, total: 100 };
const spent = { available: 40, frozen: 0, total: 40 };
/** The fifth look at a turn sent 5 minutes ago: nothing changed, nothing reserved, nobody else at work. */
const look: RecoveryLook = {
  reads: 5,
  delaysMs,
  sentAtMs: 0,
  nowMs: 300_000,
  totalTimeoutMs: 900_000,
  sendWindowMs: 5_000,
  beforeFingerprint: 'old',
  previousFingerprint: 'old',
  fingerprint: 'old',
  before: free,
  balance: free,
  alone: true,
};
const again = (inMs: number): Recovery => ({ kind: 'read_again', inMs });
const gaveUp = (charged: 'no' | 'unknown'): Recovery => ({ kind: 'gave_up', charged });
const DONE: Recovery = { kind: 'done' };

describe('a lost turn', () => {
  it.each<[string, Partial<RecoveryLook>, Recovery]>([
    ['is read again after the first read', { reads: 1 }, again(60_000)],
    ['is read again before the fifth', { reads: 4, delaysMs: [1, 2, 3, 4, 5] }, again(5)],
    ['is done when a change is there twice', { reads: 2, previousFingerprint: 'new', fingerprint: 'new' }, DONE],
    [
      'is done when it changed and nothing is reserved',
      { reads: 1, previousFingerprint: null, fingerprint: 'new' },
      DONE,
    ],
    [
      'is not done while a first change has credits reserved',
      { reads: 1, fingerprint: 'new', balance: reserved },
      again(60_000),
    ],
    ['is not done while others may hold the credits', { reads: 1, fingerprint: 'new', alone: false }, again(60_000)],
    ['is not done when the credits could not be read', { reads: 1, fingerprint: 'new', balance: null }, again(60_000)],
    [
      'is read on while as much is reserved as another turn had before it: that may be its own',
      { before: reserved, balance: reserved },
      again(60_000),
    ],
    [
      'is not done by its first change while as much is reserved as another turn had before it',
      { reads: 1, fingerprint: 'new', before: reserved, balance: reserved },
      again(60_000),
    ],
    [
      'is not done while it goes on changing',
      { reads: 2, previousFingerprint: 'n1', fingerprint: 'n2', balance: reserved },
      again(60_000),
    ],
    [
      'is done with a stable change though credits are reserved',
      { previousFingerprint: 'new', fingerprint: 'new', balance: reserved },
      DONE,
    ],
    ['is looked at once more when it changed in the last read', { fingerprint: 'new', alone: false }, again(60_000)],
    ['is done as it is when the time is up', { fingerprint: 'new', alone: false, nowMs: 900_000 }, DONE],
    ['is read on while credits are reserved', { balance: reserved }, again(60_000)],
    ['is read a last time at its total timeout', { balance: reserved, nowMs: 870_000 }, again(30_000)],
    ['is given up when credits stay reserved past it', { balance: reserved, nowMs: 900_000 }, gaveUp('unknown')],
    ['is given up at once when others may hold the credits', { balance: reserved, alone: false }, gaveUp('unknown')],
    ['cost nothing when the balance proves it', {}, gaveUp('no')],
    ['may have cost something when the balance fell', { balance: spent }, gaveUp('unknown')],
    ['may have cost something when the balance was topped up', { balance: { ...free, total: 300 } }, gaveUp('unknown')],
    ['may have cost something when others were at work', { alone: false }, gaveUp('unknown')],
    ['may have cost something when no balance is known', { before: null }, gaveUp('unknown')],
    ['may have cost something when the balance is unread', { balance: null }, gaveUp('unknown')],
    [
      'is read again when it is too early to say that it was free',
      { delaysMs: [100, 100], nowMs: 4_000 },
      again(6_000),
    ],
    ['is not kept for that where it would prove nothing', { nowMs: 4_000, balance: spent }, gaveUp('unknown')],
    ['can be free from twice the send window on', { nowMs: 10_000 }, gaveUp('no')],
  ])('%s', (_what, facts, decision) => {
    expect(decideRecovery({ ...look, ...facts })).toEqual(decision);
  });

  it('ends, is done only when changed, and is never free too early or while anything speaks against it', () => {
    const balance = fc.option(fc.constantFrom(free, reserved, spent));
    const print = fc.constantFrom('old', 'n1', 'n2');
    const facts = fc.record({
      reads: fc.integer({ min: 1, max: 8 }),
      nowMs: fc.nat(1_200_000),
      previousFingerprint: fc.option(print),
      fingerprint: print,
      before: balance,
      balance,
      alone: fc.boolean(),
    });
    fc.assert(
      fc.property(facts, (some) => {
        const decision = decideRecovery({ ...look, ...some });
        if (decision.kind === 'done') expect(some.fingerprint).not.toBe('old');
        if (decision.kind === 'read_again') expect(decision.inMs).toBeGreaterThan(0);
        if (some.reads >= 5 && some.nowMs >= 900_000) expect(decision.kind).not.toBe('read_again');
        if (decision.kind === 'gave_up') expect([some.fingerprint, some.reads >= 5]).toEqual(['old', true]);
        if (decision.kind !== 'gave_up' || decision.charged !== 'no') return;
        expect(some.alone && some.nowMs >= 10_000).toBe(true);
        expect(some.balance?.total).toBe(some.before?.total);
        expect(some.balance?.frozen).toBe(0);
      }),
      { numRuns: 2_000 },
    );
  });
});
