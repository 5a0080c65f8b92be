import { describe, expect, it } from 'vitest';
import { breaksOff, isTurnOpen, obeysCancel } from '../../../src/lib/domain/interruption.ts';
import type { Phase, TurnState } from '../../../src/lib/domain/job.ts';

const asked = new Date();

describe('a cancel', () => {
  it.each<[TurnState, boolean]>([
    ['unsent', true],
    ['sending', false],
    ['closed', false],
    ['done', true],
  ])('is obeyed at once while the message is %s: %s', (turn_state, obeyed) => {
    expect(obeysCancel({ turn_state, cancel_requested_at: asked })).toBe(obeyed);
    expect(obeysCancel({ turn_state, cancel_requested_at: null })).toBe(false);
    expect(isTurnOpen({ turn_state })).toBe(!obeyed);
  });
});

it.each<[Phase | null, boolean, boolean]>([
  [null, false, false],
  ['session', false, false],
  ['upload', true, true],
  ['converse', false, true],
  ['reconcile', false, false],
  ['render', false, false],
  ['verify', true, true],
])('a call of the phase %s is broken off for a cancel: %s, for the deadline: %s', (phase, cancel, deadline) => {
  expect(breaksOff('cancel', { phase })).toBe(cancel);
  expect(breaksOff('deadline', { phase })).toBe(deadline);
});
