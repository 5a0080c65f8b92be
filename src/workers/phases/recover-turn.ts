import type { JobPatch } from '../../lib/db/job-writes.ts';
import type { Step, Work } from '../work.ts';

/** A process that was held up for longer than this between the commit and the socket does not send. In ms. */
export const SEND_WINDOW_MS = 5_000;

/**
 * The message may have been taken and its stream is gone: never send again, look at the state after a while instead.
 * @param heard what is known of the stream, to be written with the wait: a stopping worker has thousands of them.
 */
export function recoverTurn(work: Work, heard: Pick<JobPatch, 'turn_end' | 'turn_fold'> = {}): Step {
  const ms = work.deps.config.RECOVERY_DELAYS[0] ?? 0;
  return { kind: 'wait', phase: 'reconcile', reason: 'recovery', ms, set: heard };
}
