import { DelayedError, type Job, type Processor, WaitingError } from 'bullmq';
import type { Lane } from '../lib/domain/job.ts';
import { faultPoint } from '../lib/fault-point.ts';
import { Payload } from '../lib/queue/catalog.ts';
import { openSlots, type Slots } from '../lib/slots.ts';
import type { PhaseDeps } from './deps.ts';
import type { Heartbeats } from './heartbeats.ts';
import { lookAtRender } from './look-at-render.ts';
import { recordStart } from './record-phase.ts';
import type { Stopping } from './stopping.ts';
import type { Batches } from './sweeps/batches.ts';
import { type Leave, walkJob } from './walk-job.ts';
import { JobLost, Work } from './work.ts';

/**
 * Jobs of a queue that speak to the database and the upstream at the same time; thousands of others only listen to their
 * conversation meanwhile. More of them would be no faster, and each would wait so long for a connection that leases and
 * send windows run out before it gets one.
 */
const STEPS_AT_ONCE = 100;

/** What the jobs of a process have in common, whatever their queue. */
type Run = { heartbeats: Heartbeats; batches: Batches; stopping: Stopping };

/** They only tell BullMQ that an entry was moved. One for all: each new one would write down a stack that nobody reads. */
const DELAYED = new DelayedError();
const WAITING = new WaitingError();

/**
 * Takes a job from a queue, walks it through its phases and leaves when it has ended or has to wait. Whatever a phase
 * throws becomes a decision here; what even that cannot write is left to the lease and the reconciler.
 */
export function createProcessor(lane: Lane, deps: PhaseDeps, run: Run & { kick(): void }): Processor<Payload, void> {
  const slots = openSlots(STEPS_AT_ONCE);
  // BullMQ makes an AbortSignal for each entry of a processor that declares a third parameter: ours are told by `stopping`.
  return async function processEntry(entry: Job<Payload, void>, token?: string): Promise<void> {
    try {
      const payload = Payload.parse(entry.data);
      const { leave, isNews } = await slots.hold(() => runClaimed(lane, deps, run, payload, slots));
      if (leave.kind === 'delay') await entry.moveToDelayed(Date.now() + leave.ms, token);
      if (leave.kind === 'hand_over') await entry.moveToWait(token);
      faultPoint('park.delayed');
      // A look that found nothing new makes no work for anybody else.
      if (isNews || leave.kind !== 'delay') run.kick();
      if (leave.kind === 'delay') throw DELAYED;
      if (leave.kind === 'hand_over') throw WAITING;
    } catch (error) {
      if (error === DELAYED || error === WAITING) throw error;
      // The entry is gone now; the row is not. Its lease runs out, and the reconciler makes it ready again.
      deps.log.error({ err: error, entry: entry.id }, 'a step could not be written');
      throw error;
    }
  };
}

async function runClaimed(
  lane: Lane,
  deps: PhaseDeps,
  run: Run,
  payload: Payload,
  slots: Slots,
): Promise<{ leave: Leave; isNews: boolean }> {
  const stopping = run.stopping.signal;
  // Told to stop while it stood in line: nothing has begun.
  if (stopping.aborted) return { leave: { kind: 'hand_over' }, isNews: false };
  const ask = { jobId: payload.job_id, dispatchNo: payload.dispatch_no };
  const look = lane === 'wait' ? await lookAtRender(deps, ask, stopping) : null;
  if (look?.kind === 'waits') {
    if (look.moved) run.heartbeats.moved(ask.jobId);
    return { leave: { kind: 'delay', ms: look.ms }, isNews: false };
  }
  if (stopping.aborted) return { leave: { kind: 'hand_over' }, isNews: false };
  const claim = await deps.shared.claim(ask);
  if (claim.kind === 'superseded') return { leave: { kind: 'done' }, isNews: false };
  if (claim.kind === 'later') return { leave: { kind: 'delay', ms: claim.forMs }, isNews: false };
  faultPoint('claim.committed');
  recordStart(claim.job);

  // Not awaited: the row as it was claimed is let go of with this call, of thousands that listen for minutes.
  return walkClaimed(new Work(deps, claim, slots, look?.seen ?? null), lane, run);
}

async function walkClaimed(work: Work, lane: Lane, run: Run): Promise<{ leave: Leave; isNews: boolean }> {
  const { id, epoch, seq, batch_id } = work.job;
  run.stopping.add(work);
  run.heartbeats.add(work);
  try {
    const leave = await walkJob(work, lane, run.stopping.signal);
    return { leave, isNews: work.job.seq > seq };
  } catch (error) {
    if (!(error instanceof JobLost)) throw error;
    work.deps.log.warn({ job_id: id, epoch }, error.message);
    return { leave: { kind: 'done' }, isNews: true };
  } finally {
    run.heartbeats.remove(work);
    if (batch_id !== null) run.batches.touch(batch_id);
    work.close();
    run.stopping.remove(work);
  }
}
