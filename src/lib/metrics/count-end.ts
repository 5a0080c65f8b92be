import type { JobRecord } from '../domain/job.ts';
import { count } from './process-metrics.ts';

/** Counts a job that has ended; called wherever one is ended. */
export function countEnd({ type, status, charged, error }: JobRecord): void {
  count('reelay_jobs_ended_total', { type, status, code: error?.code ?? '' });
  if (charged === 'unknown') count('reelay_unknown_outcomes_total', { type });
}
