import { setTimeout as sleep } from 'node:timers/promises';
import { endTurn } from '../../lib/commands/end-turn.ts';
import { hasOverlap } from '../../lib/db/credits.ts';
import { isSettled, settleCharge } from '../../lib/domain/charge.ts';
import { jobError } from '../../lib/domain/failures.ts';
import type { Credits, GenerateInput } from '../../lib/domain/job.ts';
import { readSessionState } from '../../lib/domain/session-state.ts';
import { decideTurn } from '../../lib/domain/turn-outcome.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import { readBalance } from '../balance.ts';
import type { SessionRow, Step, Work } from '../work.ts';
import { openedSession } from './opened-session.ts';
import { recoverTurn } from './recover-turn.ts';
import { turnResult } from './turn-result.ts';

/** The contract: the cost is read when `frozen` is back where it was, or after three reads. */
const BALANCE_READS = 3;
/** Credits are settled within moments of the end of a turn. In ms. */
const BALANCE_READ_GAP_MS = 1_000;

/** The stream has ended by itself: what did the turn do, and what did it cost? */
export async function concludeTurn(work: Work, session: SessionRow): Promise<Step> {
  const { accountId, upstreamId, who } = await openedSession(work);
  const state = await work.deps.nemo.state(who, upstreamId, work.signal);
  const after = readSessionState(state);
  const verdict = decideTurn({
    fold: work.job.turn_fold,
    end: 'closed',
    before: readSessionState(session.state),
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
  const result = turnResult(verdict, after, session.workspace_url);
  const set = { turn_state: 'done', charged, cost, result, progress: work.progress } as const;
  work.accept(await endTurn(work.deps.db.pool, work.job, { set }, state));
  faultPoint('turn.concluded');
  return afterConversation(work);
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
