import { TurnForbidden } from '../lib/commands/begin-turn.ts';
import { type Ending, settleJob } from '../lib/commands/settle-job.ts';
import { databaseNow } from '../lib/db/database.ts';
import { obeysCancel } from '../lib/domain/interruption.ts';
import type { Lane, Phase } from '../lib/domain/job.ts';
import { faultPoint } from '../lib/fault-point.ts';
import { decideError } from './decide-error.ts';
import { endEarly } from './end-early.ts';
import { logStep, type Taken } from './log-step.ts';
import { converse } from './phases/converse.ts';
import { reconcile } from './phases/reconcile.ts';
import { render } from './phases/render.ts';
import { openSession } from './phases/session.ts';
import { upload } from './phases/upload.ts';
import { verify } from './phases/verify.ts';
import { recordPhase } from './record-phase.ts';
import { freshTries, Interrupted, JobLost, laneOf, type Step, type Work } from './work.ts';

const PHASE_HANDLERS: Record<Phase, (work: Work) => Promise<Step>> = {
  session: openSession,
  upload,
  converse,
  reconcile,
  render,
  verify,
};

/** How an entry of the queue ends: done with, or brought back later by BullMQ itself. */
export type Leave = { kind: 'done' } | { kind: 'delay'; ms: number } | { kind: 'hand_over' };

/**
 * Walks a claimed job from phase to phase until it has ended or has to wait, and writes which. Whatever a phase throws
 * becomes a decision here; what even that cannot write is left to the lease and the reconciler. Throws JobLost.
 */
export async function walkJob(work: Work, lane: Lane, stopping: AbortSignal): Promise<Leave> {
  let phase = firstPhase(work);
  for (;;) {
    const started = performance.now();
    const early = await work.interruption();
    const { step, error } = await takeStep(
      work,
      early ? () => endEarly(work, early) : () => PHASE_HANDLERS[phase](work),
      stopping,
    );
    logStep(work.deps.log, work.job, phase, step, performance.now() - started, error);
    recordPhase(work.job, phase, step);
    if (step === 'hand_over') {
      if (!(await work.deps.shared.giveBack(work)))
        throw new JobLost(`${work.job.id} was lost before it was given back`);
      return { kind: 'hand_over' };
    }
    if (step === 'interrupted') continue;
    if (step.kind === 'go') phase = step.phase;
    else if (step.kind !== 'wait') return settle(work, step);
    else if (early || !(await work.interruption())) return park(work, lane, step, early === null);
  }
}

/** A session that was given up for a new one is opened first: whoever gave it up may have died before that. */
function firstPhase({ job, session }: Work): Phase {
  if (session.upstream_id === null && job.turn_state === 'unsent') return 'session';
  return job.phase ?? 'session';
}

async function takeStep(
  work: Work,
  step: () => Promise<Step>,
  stopping: AbortSignal,
): Promise<{ step: Taken; error?: unknown }> {
  try {
    return { step: await step() };
  } catch (error) {
    if (error instanceof JobLost || work.signal.reason instanceof JobLost)
      throw error instanceof JobLost ? error : work.signal.reason;
    if (stopping.aborted) return { step: 'hand_over', error };
    // The commit that met the cancel was rolled back, so the row that we know does not tell of it.
    if (error instanceof TurnForbidden) work.hear({ cancelRequested: true, deadlinePassed: false });
    if (work.signal.reason instanceof Interrupted || error instanceof TurnForbidden) return { step: 'interrupted' };
    return { step: await decideError(work, error), error };
  }
}

/**
 * The row first, then the queue: between the two, the reconciler would find the job.
 * @param wakesEarly not while the job is ending early already: that would be tried again without a pause.
 */
async function park(
  work: Work,
  lane: Lane,
  step: Extract<Step, { kind: 'wait' }>,
  wakesEarly: boolean,
): Promise<Leave> {
  const next = laneOf(step.phase);
  // BullMQ's Postgres backend takes whole milliseconds only.
  const ms = Math.ceil(step.ms);
  const told =
    work.job.status === 'waiting' && work.job.waiting_reason === step.reason && work.job.phase === step.phase;
  await work.write({
    set: {
      status: 'waiting',
      waiting_reason: step.reason,
      phase: step.phase,
      lane: next,
      // Whoever waits for anything but another try has got through; the next trouble is counted anew.
      ...freshTries(work.job),
      ...step.set,
    },
    dueInMs: ms,
    wakesEarly,
    hold: next === lane ? 'release' : 'redispatch',
    ...(told ? {} : { event: 'job.waiting' }),
  });
  faultPoint('park.written');
  return next === lane ? { kind: 'delay', ms: wakesEarly ? await sleepMs(work, ms) : ms } : { kind: 'done' };
}

/** As the row says it: a cancel that came with the write, or a deadline before the time, ends the sleep. */
async function sleepMs(work: Work, ms: number): Promise<number> {
  if (obeysCancel(work.job)) return 0;
  const { deadline_at } = work.job;
  if (deadline_at === null) return ms;
  const at = await databaseNow(work.deps.db.pool);
  return Math.max(0, Math.min(ms, deadline_at.getTime() - at.getTime()));
}

async function settle(work: Work, step: Exclude<Step, { kind: 'go' | 'wait' }>): Promise<Leave> {
  work.accept(await settleJob(work.deps.db.pool, work.job, ending(work, step)));
  faultPoint('settle.committed');
  return { kind: 'done' };
}

function ending({ progress }: Work, step: Exclude<Step, { kind: 'go' | 'wait' }>): Ending {
  if (step.kind === 'cancel') return { status: 'canceled', set: { progress } };
  const { set, turnOver = false, state } = step;
  if (step.kind === 'succeed') return { status: 'succeeded', set: { progress, ...set }, turnOver, state };
  return { status: 'failed', set: { progress, ...set, error: step.error }, turnOver, state };
}
