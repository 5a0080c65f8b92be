import { sha256 } from '../../lib/crypto.ts';
import { msSinceSent } from '../../lib/db/claims.ts';
import { hasOverlap } from '../../lib/db/credits.ts';
import { settleCharge } from '../../lib/domain/charge.ts';
import { type FailureCode, jobError } from '../../lib/domain/failures.ts';
import type { Charged, Cost, Credits } from '../../lib/domain/job.ts';
import { decideRecovery } from '../../lib/domain/recovery.ts';
import { readSessionState } from '../../lib/domain/session-state.ts';
import { stateFingerprint } from '../../lib/domain/state-diff.ts';
import { decideTurn } from '../../lib/domain/turn-outcome.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import { readBalance } from '../balance.ts';
import type { Step, Work } from '../work.ts';
import { afterConversation, endConversation } from './conclude.ts';
import { openedSession } from './opened-session.ts';
import { SEND_WINDOW_MS } from './recover-turn.ts';
import { turnResult } from './turn-result.ts';

/** One look at what a lost turn did: state and credits against what they were (architecture.md, money rule 3). */
export async function reconcile(work: Work): Promise<Step> {
  if (work.job.turn_state === 'done') return afterConversation(work);
  await work.enter('reconcile');
  const { config, db, nemo } = work.deps;
  const { accountId, upstreamId, who } = await openedSession(work);
  // The clock first: a balance proves nothing of the time after it was read. Then the balance: when it is released the
  // turn is over, and the state that is read after that is its last.
  const nowMs = await msSinceSent(db.pool, work.job.id);
  const balance = await readBalance(work, accountId, who);
  const state = await nemo.state(who, upstreamId, work.signal);
  faultPoint('reconcile.read');
  const after = readSessionState(state);
  const fingerprint = sha256(stateFingerprint(after));
  const { job } = work;
  const decision = decideRecovery({
    reads: job.recovery_reads + 1,
    delaysMs: config.RECOVERY_DELAYS,
    sentAtMs: 0,
    nowMs,
    totalTimeoutMs: config.SSE_TOTAL_TIMEOUT,
    sendWindowMs: SEND_WINDOW_MS,
    beforeFingerprint: job.state_before_hash ?? '',
    previousFingerprint: job.state_last_hash,
    fingerprint,
    before: job.cost.before,
    balance,
    alone: !(await hasOverlap(db.pool, job, config.SSE_TOTAL_TIMEOUT, 'now')),
  });

  if (decision.kind === 'read_again') {
    const set = { recovery_reads: job.recovery_reads + 1, state_last_hash: fingerprint };
    return { kind: 'wait', phase: 'reconcile', reason: 'recovery', ms: decision.inMs, set };
  }
  const verdict = decideTurn({
    fold: job.turn_fold,
    end: job.turn_end ?? 'lost',
    before: readSessionState(work.session.state),
    after,
  });
  const { charged, cost } = await chargeOf(work, balance);
  if (decision.kind === 'done') {
    const turn = verdict.kind === 'done' ? verdict : { text: '', changes: [] };
    const result = turnResult(turn, after, work.session.workspace_url);
    return endConversation(work, { charged, cost, result }, state);
  }
  const error = jobError(verdict.kind === 'failed' ? verdict.code : lostCode(work));
  // What a preview had shown is not there any more, and no retry may go on from it.
  const ended = { turn_state: 'done', result: null } as const;
  if (decision.charged === 'no') {
    return { kind: 'fail', error, set: { ...ended, charged: 'no', cost }, turnOver: true };
  }
  // What is not proven is not claimed; and the turn may still be running upstream, so the session stays locked.
  const unproven: Cost = { ...cost, charged: null, certainty: 'unknown' };
  return { kind: 'fail', error, set: { ...ended, charged: 'unknown', cost: unproven }, turnOver: false };
}

async function chargeOf(work: Work, after: Credits): Promise<{ charged: Charged; cost: Cost }> {
  const overlapped = await hasOverlap(work.deps.db.pool, work.job, work.deps.config.SSE_TOTAL_TIMEOUT, 'ever');
  return settleCharge({ before: work.job.cost.before, after, overlapped });
}

/** A turn that we ended ourselves for its silence or length has a name of its own. */
function lostCode(work: Work): FailureCode {
  return work.job.turn_end === 'idle_timeout' || work.job.turn_end === 'total_timeout'
    ? 'stream_timeout'
    : 'outcome_unknown';
}
