import { SpanStatusCode } from '@opentelemetry/api';
import { now } from '../lib/clock.ts';
import type { JobRecord, Phase } from '../lib/domain/job.ts';
import { observe } from '../lib/metrics/process-metrics.ts';
import { startSpan } from '../lib/trace.ts';
import type { Step } from './work.ts';

const OUTCOMES = { go: 'done', wait: 'done', succeed: 'done', fail: 'failed', cancel: 'canceled' } as const;

/** Puts the way through the queue into the job's trace, once a worker has taken it up for the first time. */
export function recordStart(job: JobRecord): void {
  if (job.phase !== null || job.dispatched_at === null) return;
  startSpan('queue', { parent: job.traceparent, attributes: idsOf(job), startTime: job.dispatched_at }).end();
}

/**
 * Puts a phase that the job comes out of with this step into its trace and the metrics: one span, one duration, from
 * the time when it came into it, whatever waits and workers lie between.
 */
export function recordPhase(job: JobRecord, phase: Phase, step: Step | 'hand_over' | 'interrupted'): void {
  if (typeof step === 'string' || job.phase !== phase || job.phase_started_at === null) return;
  if ('phase' in step && step.phase === phase) return;
  const outcome = OUTCOMES[step.kind];
  const ended = now();
  // It began by the database's clock, and ends by ours.
  const seconds = Math.max(0, ended.getTime() - job.phase_started_at.getTime()) / 1_000;
  observe('reelay_phase_duration_seconds', { phase, outcome }, seconds);
  const attributes = { ...idsOf(job), 'reelay.phase': phase, 'reelay.outcome': outcome };
  const span = startSpan(`phase ${phase}`, { parent: job.traceparent, attributes, startTime: job.phase_started_at });
  if (step.kind === 'fail') {
    span.setAttribute('reelay.failure_code', step.error.code);
    span.setStatus({ code: SpanStatusCode.ERROR, message: step.error.code });
  }
  span.end(ended);
}

function idsOf({ id, tenant_id, session_id }: JobRecord) {
  return { 'reelay.job_id': id, 'reelay.tenant': tenant_id, 'reelay.session_id': session_id };
}
