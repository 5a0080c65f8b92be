import { isOldestCreditWaiter } from '../../lib/db/credit-waiters.ts';
import { jobError, type UpstreamAnswer } from '../../lib/domain/failures.ts';
import { type Credits, NO_COST } from '../../lib/domain/job.ts';
import { registerUrl } from '../balance.ts';
import type { Step, Work } from '../work.ts';

/** api.md, `wait_for_credits`: the balance is read once a minute. In ms. */
const LOOK_EVERY_MS = 60_000;

/** The account cannot pay for the job's message: it waits for credits if it was asked to, or fails. */
export async function lackCredits(
  work: Work,
  accountId: string,
  credits: Credits | null,
  upstream: UpstreamAnswer | null = null,
): Promise<Step> {
  if (work.job.wait_for_credits) return waitForCredits(credits ?? work.job.cost.before);
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
  if (!(await isOldestCreditWaiter(work.deps.db.pool, accountId, work.job.id))) return waitForCredits(before);
  const now = await read();
  return now.available > (before?.available ?? 0) ? null : waitForCredits(now);
}

/** What it was refused with is kept, to be compared with. */
function waitForCredits(before: Credits | null): Step {
  return {
    kind: 'wait',
    phase: 'converse',
    reason: 'credits',
    ms: LOOK_EVERY_MS,
    set: { cost: { ...NO_COST, before } },
  };
}
