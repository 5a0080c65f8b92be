import type { JobRecord, Phase } from '../lib/domain/job.ts';
import type { Logger } from '../lib/logger.ts';
import { UpstreamError } from '../lib/nemo/upstream-error.ts';
import { traceIdOf } from '../lib/trace.ts';
import type { Step } from './work.ts';

/** `interrupted`: broken off, or forbidden; the next look says why. */
export type Taken = Step | 'hand_over' | 'interrupted';

type Stepped = Pick<JobRecord, 'id' | 'tenant_id' | 'session_id' | 'epoch' | 'request_id' | 'traceparent'>;

/** One line a step: ids, what came of it, how long it took. Polls that found nothing new are for the curious. */
export function logStep(log: Logger, job: Stepped, phase: Phase, step: Taken, ms: number, error?: unknown): void {
  const { id, tenant_id, session_id, epoch, request_id, traceparent } = job;
  const outcome = typeof step === 'string' ? step : step.kind;
  const line = {
    job_id: id,
    tenant: tenant_id,
    session_id,
    request_id,
    trace_id: traceIdOf(traceparent),
    epoch,
    phase,
    outcome,
    duration_ms: Math.round(ms),
    ...(typeof step !== 'string' && step.kind === 'fail' ? { code: step.error.code } : {}),
    // An upstream that fails is daily life, and its message says all; anything else wants a stack.
    ...(error === undefined ? {} : error instanceof UpstreamError ? { error: error.message } : { err: error }),
  };
  const level = error !== undefined ? 'warn' : outcome === 'wait' && phase === 'render' ? 'debug' : 'info';
  log[level](line, 'job step');
}
