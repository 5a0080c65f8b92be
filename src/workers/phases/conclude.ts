import { setTimeout as sleep } from 'node:timers/promises';
import { endTurn } from '../../lib/commands/end-turn.ts';
import { hasOverlap } from '../../lib/db/credits.ts';
import type { JobChange } from '../../lib/db/job-writes.ts';
import { isSettled, settleCharge } from '../../lib/domain/charge.ts';
import { jobError } from '../../lib/domain/failures.ts';
import type { Credits, GenerateInput, JobRecord } from '../../lib/domain/job.ts';
import { readSessionState } from '../../lib/domain/session-state.ts';
import { decideTurn } from '../../lib/domain/turn-outcome.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import { readBalance } from '../balance.ts';
import type { Step, Work } from '../work.ts';
import { openedSession } from './opened-session.ts';
import { recoverTurn } from './recover-turn.ts';
import { turnResult } from './turn-result.ts';

/** The contract: the cost is read when `frozen` is back where it was, or after three reads. */
const BALANCE_READS = 3;
/** Credits are settled within moments of the end of a turn. In ms. */
const BALANCE_READ_GAP_MS = 1_000;

/** The session's state, as it is upstream. Throws UpstreamError. */
export async function stateAfter(work: Work): Promise<unknown> {
  const { upstreamId, who } = await openedSession(work);
  return work.deps.nemo.state(who, upstreamId, work.signal);
}

/**
 * The stream has ended by itself: what did the turn do, and what did it cost?
 * @param reading of the state, begun after the end of the stream.
 */
export async function concludeTurn(work: Work, reading: Promise<unknown>): Promise<Step> {
  const { accountId, who } = await openedSession(work);
  const state = await reading;
  const after = readSessionState(state);
  const verdict = decideTurn({
    fold: work.job.turn_fold,
    end: 'closed',
    before: readSessionState(work.session.state),
    after,
  });
  if (verdict.kind === 'undecided') return recoverTurn(work);
  const { charged, cost } = settleCharge({
    before: work.job.cost.before,
    after: await settledBalance(work, () => readBalance(work, accountId, who)),
    overlapped: await hasOverlap(work.deps.db.pool, work.job, work.deps.config.SSE_TOTAL_TIMEOUT, 'ever'),
  });

  if (verdict.kind === 'failed') {
    // What a preview had shown is not there any more, and no retry may go on from it.
    const set = { turn_state: 'done', charged, cost, result: null } as const;
    return { kind: 'fail', error: jobError(verdict.code), set, turnOver: true };
  }
  const result = turnResult(verdict, after, work.session.workspace_url);
  return endConversation(work, { charged, cost, result }, state);
}

/** What the turn did is known: the job goes on, or ends with it. */
export async function endConversation(
  work: Work,
  outcome: Pick<JobRecord, 'charged' | 'cost' | 'result'>,
  state: unknown,
): Promise<Step> {
  const set = { turn_state: 'done', ...outcome } as const;
  const next = afterConversation(work);
  if (next.kind === 'succeed') return { ...next, set, turnOver: true, state };
  // A lost turn's end was not seen: it is over by now.
  const stamp: JobChange['stamp'] = work.job.turn_ended_at === null ? ['turn_ended_at'] : [];
  const change = { set: { ...set, progress: work.progress }, stamp };
  work.accept(await endTurn(work.deps.db.pool, work.job, change, state), { state });
  faultPoint('turn.concluded');
  return next;
}

/** What follows a turn that did its work. */
export function afterConversation(work: Work): Step {
  return (work.job.input as GenerateInput).export ? { kind: 'go', phase: 'render' } : { kind: 'succeed' };
}

/** The balance once its reserved part is back, or as it is after the last look. */
async function settledBalance(work: Work, read: () => Promise<Credits>): Promise<Credits> {
  const { before } = work.job.cost;
  for (let reads = 1; ; reads += 1) {
    const now = await read();
    if (before === null || isSettled(before, now) || reads === BALANCE_READS) return now;
    await work.aside(() => sleep(BALANCE_READ_GAP_MS, undefined, { signal: work.signal }));
  }
}
