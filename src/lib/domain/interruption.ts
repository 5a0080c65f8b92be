import type { JobRecord, Phase } from './job.ts';

/** Why a job ends before its work is done: its client asked for it, or its deadline has passed. */
export type Interruption = 'cancel' | 'deadline';

/** Phases whose calls can take minutes and cost nothing: they are broken off. Shorter ones are waited for. */
const BREAKABLE: readonly (Phase | null)[] = ['upload', 'verify'];

/** Whether a message is, or may be, on its way: what it did is not known yet. */
export function isTurnOpen(job: Pick<JobRecord, 'turn_state'>): boolean {
  return job.turn_state === 'sending' || job.turn_state === 'closed';
}

/** A cancel waits for the end of a running message: it is paid for, so its result and its cost are kept. */
export function obeysCancel(job: Pick<JobRecord, 'turn_state' | 'cancel_requested_at'>): boolean {
  return job.cancel_requested_at !== null && !isTurnOpen(job);
}

/** Whether the call under way is broken off for it. A deadline does not wait for a message either. */
export function breaksOff(why: Interruption, job: Pick<JobRecord, 'phase'>): boolean {
  return BREAKABLE.includes(job.phase) || (why === 'deadline' && job.phase === 'converse');
}
