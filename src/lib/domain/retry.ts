import type { JobRecord } from './job.ts';

type Tried = Pick<JobRecord, 'type' | 'turn_state' | 'result'>;

/** Whether the job's message was answered, and its result is known: a retry goes on from there. */
export function hasTurnResult(job: Tried): boolean {
  return job.turn_state === 'done' && job.result !== null;
}

/** Whether a retry of the job would talk to the agent: only that can cost credits again. */
export function sendsMessage(job: Tried): boolean {
  return job.type === 'generate' && !hasTurnResult(job);
}
