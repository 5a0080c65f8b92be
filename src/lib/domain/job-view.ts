import { isTerminal, type JobRecord, type JobStatus } from './job.ts';

/** As much of a job as clients see. */
export type ShownJob = Pick<
  JobRecord,
  | 'id'
  | 'type'
  | 'status'
  | 'phase'
  | 'seq'
  | 'skill'
  | 'session_id'
  | 'batch_id'
  | 'custom_id'
  | 'client_reference'
  | 'metadata'
  | 'priority'
  | 'waiting_reason'
  | 'progress'
  | 'input'
  | 'result'
  | 'error'
  | 'cost'
  | 'charged'
  | 'attempt'
  | 'retry_of'
  | 'created_at'
  | 'started_at'
  | 'finished_at'
  | 'cancel_requested_at'
  | 'deadline_at'
  | 'expires_at'
  | 'due_at'
  | 'request_id'
>;

/** The job as clients see it, the same in GET, in events and in webhooks (the REST contract, "Jobs"). */
export function jobView(job: ShownJob) {
  const self = `/v1/jobs/${job.id}`;
  return {
    id: job.id,
    object: 'job' as const,
    type: job.type,
    status: shownStatus(job),
    phase: job.phase,
    seq: job.seq,
    skill: job.skill,
    session_id: job.session_id,
    batch_id: job.batch_id,
    custom_id: job.custom_id,
    client_reference: job.client_reference,
    metadata: job.metadata,
    priority: job.priority,
    waiting:
      job.status === 'waiting' && job.waiting_reason ? { reason: job.waiting_reason, until: waitsUntil(job) } : null,
    progress: job.progress,
    input: job.input,
    result: job.result,
    error: job.error,
    cost: job.cost,
    charged: job.charged,
    attempt: job.attempt,
    retry_of: job.retry_of,
    created_at: job.created_at.toISOString(),
    started_at: job.started_at?.toISOString() ?? null,
    finished_at: job.finished_at?.toISOString() ?? null,
    deadline_at: job.deadline_at?.toISOString() ?? null,
    expires_at: job.expires_at?.toISOString() ?? null,
    request_id: job.request_id,
    links: {
      self,
      events: `${self}/events`,
      cancel: `${self}/cancel`,
      retry: `${self}/retry`,
      history: `${self}/history`,
    },
  };
}

/** A job that is to be canceled shows it whatever it is doing still, until it has ended. */
function shownStatus(job: ShownJob): JobStatus | 'canceling' {
  return job.cancel_requested_at !== null && !isTerminal(job.status) ? 'canceling' : job.status;
}

export type JobView = ReturnType<typeof jobView>;

/** Only a wait for a moment has an end; a wait for another job's session has none that is known. */
function waitsUntil(job: ShownJob): string | null {
  return job.waiting_reason === 'session' && job.started_at === null ? null : job.due_at.toISOString();
}

/** Seconds after which another look is worth while; null for a job that has ended. */
export function lookAgainAfterS(job: ShownJob): number | null {
  return isTerminal(job.status) ? null : LOOK_AGAIN_S;
}

/** Progress is refreshed at most this often. */
const LOOK_AGAIN_S = 5;
