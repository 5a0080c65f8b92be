import type { Credits } from './job.ts';

/** After the listed reads, while credits are still reserved. */
const SLOW_READ_MS = 60_000;

export type Recovery =
  /** The turn did something, and is over. */
  | { kind: 'done' }
  | { kind: 'read_again'; inMs: number }
  /** Nothing shows that the turn did anything; `charged: no` where the balance proves that it cost nothing. */
  | { kind: 'gave_up'; charged: 'no' | 'unknown' };

/** One look at a lost turn. Times in ms of one clock. */
export type RecoveryLook = {
  /** Reads done, this one included. */
  reads: number;
  /** The waits before the first read, the second, … (RECOVERY_DELAYS). */
  delaysMs: readonly number[];
  sentAtMs: number;
  nowMs: number;
  totalTimeoutMs: number;
  sendWindowMs: number;
  beforeFingerprint: string;
  previousFingerprint: string | null;
  fingerprint: string;
  before: Credits | null;
  balance: Credits | null;
  /** No other turn of the account is open: only then does `frozen` tell about this one. */
  alone: boolean;
};

/** Whether a lost turn is done, has to be looked at again, or is given up (architecture.md, money rule 3). */
export function decideRecovery(look: RecoveryLook): Recovery {
  const { reads, delaysMs, sentAtMs, nowMs, totalTimeoutMs, fingerprint } = look;
  const changed = fingerprint !== look.beforeFingerprint;
  // Not what was reserved before: that was another turn's, and may have gone since, while ours stands there now.
  const released = look.alone && look.balance ? look.balance.frozen === 0 : null;
  if (changed && (fingerprint === look.previousFingerprint || released === true)) return { kind: 'done' };

  const next = delaysMs[reads];
  if (next !== undefined) return { kind: 'read_again', inMs: next };

  const untilTimeout = sentAtMs + totalTimeoutMs - nowMs;
  // A change that came with the last listed read is looked at once more, and taken as it is when the time is up.
  if ((changed || released === false) && untilTimeout > 0) {
    return { kind: 'read_again', inMs: Math.min(SLOW_READ_MS, untilTimeout) };
  }
  return changed ? { kind: 'done' } : giveUp(look, released === true);
}

function giveUp(look: RecoveryLook, released: boolean): Recovery {
  const { before, balance, sentAtMs, nowMs, sendWindowMs } = look;
  if (!released || before === null || before.total !== balance?.total) return { kind: 'gave_up', charged: 'unknown' };
  // A message that was late to leave may be taken this late: until then an untouched balance proves nothing.
  const untilProof = sentAtMs + 2 * sendWindowMs - nowMs;
  return untilProof > 0 ? { kind: 'read_again', inMs: untilProof } : { kind: 'gave_up', charged: 'no' };
}
