import { oldestCreditWaiter } from '../../lib/db/credit-waiters.ts';
import { jobError, type UpstreamAnswer } from '../../lib/domain/failures.ts';
import { type Credits, NO_COST, type Phase } from '../../lib/domain/job.ts';
import { registerUrl } from '../balance.ts';
import type { Step, Work } from '../work.ts';

/** api.md, `wait_for_credits`: the balance is read once a minute. In ms. */
const LOOK_EVERY_MS = 60_000;

/**
 * The account cannot pay for the job: if it was asked to, it waits for credits and goes on with `phase`, so that nothing
 * that comes before the message is left out; else it fails. A cost that is known already stays as it is.
 */
export async function lackCredits(
  work: Work,
  phase: Phase,
  accountId: string,
  credits: Credits | null,
  upstream: UpstreamAnswer | null = null,
): Promise<Step> {
  const { wait_for_credits, turn_state, cost } = work.job;
  if (wait_for_credits && turn_state === 'unsent') return waitForCredits(phase, credits ?? cost.before);
  return {
    kind: 'fail',
    error: jobError('credits_exhausted', { upstream, registerUrl: await registerUrl(work, accountId) }),
  };
}

/**
 * Of all jobs that wait for the same account's credits, the oldest reads the balance and goes on when it has risen; it
 * wakes the others when it got through. Null: this job need not wait (any more).
 */
export async function stillLacksCredits(
  work: Work,
  accountId: string,
  read: () => Promise<Credits>,
): Promise<Step | null> {
  if (work.job.waiting_reason !== 'credits') return null;
  const { before } = work.job.cost;
  if ((await oldestCreditWaiter(work.deps.db.pool, accountId)) !== work.job.id)
    return waitForCredits('converse', before);
  const now = await read();
  return now.available > (before?.available ?? 0) ? null : waitForCredits('converse', now);
}

/** What it was refused with is kept, to be compared with. */
function waitForCredits(phase: Phase, before: Credits | null): Step {
  return {
    kind: 'wait',
    phase,
    reason: 'credits',
    ms: LOOK_EVERY_MS,
    set: { cost: { ...NO_COST, before } },
  };
}
