import { hasOverlap } from '../lib/db/credits.ts';
import { settleCharge } from '../lib/domain/charge.ts';
import { jobError } from '../lib/domain/failures.ts';
import { type Interruption, isTurnOpen } from '../lib/domain/interruption.ts';
import type { Charged, Cost, Credits } from '../lib/domain/job.ts';
import { readBalance } from './balance.ts';
import { dropRender } from './phases/drop-render.ts';
import { openedSession } from './phases/opened-session.ts';
import { JobLost, type Step, type Work } from './work.ts';

/** Ends a job before its work is done: its render is stopped upstream, and what it cost so far is told. */
export async function endEarly(work: Work, why: Interruption): Promise<Step> {
  if (why === 'cancel') {
    await dropRender(work);
    return { kind: 'cancel' };
  }
  await dropRenderNow(work);
  const error = jobError('deadline_exceeded');
  if (!isTurnOpen(work.job)) return { kind: 'fail', error };
  return { kind: 'fail', error, set: await costSoFar(work), turnOver: work.job.turn_state === 'closed' };
}

/** A deadline waits for nothing: a render that cannot be stopped goes on, and a retry takes it over. */
async function dropRenderNow(work: Work): Promise<void> {
  try {
    await dropRender(work);
  } catch (error) {
    if (error instanceof JobLost || work.signal.aborted) throw error;
    work.deps.log.warn({ job_id: work.job.id, err: error }, 'render not stopped at the deadline');
  }
}

/** What a message cost that may still be at work: never less than it may yet become. */
async function costSoFar(work: Work): Promise<{ charged: Charged; cost: Cost }> {
  const { db, config } = work.deps;
  const after = await balanceNow(work);
  const overlapped = await hasOverlap(db.pool, work.job, config.SSE_TOTAL_TIMEOUT, 'ever');
  const settled = settleCharge({ before: work.job.cost.before, after, overlapped });
  if (work.job.turn_state === 'closed') return settled;
  const cost: Cost = { ...settled.cost, charged: null, certainty: 'unknown' };
  return { charged: settled.charged === 'yes' ? 'yes' : 'unknown', cost };
}

/** Null where it cannot be read: the deadline has passed, and nothing is waited for any more. */
async function balanceNow(work: Work): Promise<Credits | null> {
  try {
    const { accountId, who } = await openedSession(work);
    return await readBalance(work, accountId, who);
  } catch (error) {
    work.deps.log.warn({ job_id: work.job.id, err: error }, 'no balance at the deadline');
    return null;
  }
}
