import { now } from '../clock.ts';
import { isByDefault, isWanted } from '../domain/event-types.ts';
import type { JobError, JobRecord, TerminalStatus } from '../domain/job.ts';
import { terminalEvent } from '../domain/job-events.ts';
import { jobView } from '../domain/job-view.ts';
import { newId } from '../ids.ts';
import type { Queryable } from './database.ts';
import { tell } from './tell.ts';

/**
 * Ends many jobs that nobody works on, whose rows are locked in this transaction: rows, events and webhook messages in
 * one statement. Their sessions are the caller's.
 */
export async function endJobs(
  db: Queryable,
  jobs: readonly JobRecord[],
  outcome: { status: TerminalStatus; error: JobError | null },
): Promise<void> {
  const type = terminalEvent(outcome.status);
  const finishedAt = now();
  const ended = jobs.map(
    (job): JobRecord => ({
      ...job,
      ...outcome,
      seq: job.seq + 1,
      waiting_reason: null,
      finished_at: finishedAt,
    }),
  );
  const values: unknown[] = [
    outcome.status,
    outcome.error === null ? null : JSON.stringify(outcome.error),
    finishedAt,
    JSON.stringify(
      ended.map((job) => ({
        id: job.id,
        event_id: newId('evt'),
        first_message: newId('msg'),
        event_body: jobView(job),
        is_wanted: isWanted(type, job.webhook_events),
      })),
    ),
  ];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const told = tell('ended', {
    type: parameter(type),
    by_default: parameter(isByDefault(type)),
    id: 'event_id',
    first_message: 'first_message',
    tenant_id: 'tenant_id',
    job_id: 'id',
    seq: 'seq',
    phase: 'phase',
    body: 'event_body',
    own_url: 'CASE WHEN is_wanted THEN webhook_url END',
  });
  await db.query(`${END_JOBS}, ${told} SELECT count(*) FROM ended`, values);
}

const END_JOBS = `
  WITH ending AS (
    SELECT * FROM json_to_recordset($4::json)
      AS row(id text, event_id text, first_message text, event_body json, is_wanted boolean)
  ), ended AS (
    UPDATE public.job SET status = $1, error = $2::json, finished_at = $3, seq = seq + 1, waiting_reason = NULL
    FROM ending WHERE job.id = ending.id AND job.finished_at IS NULL
    RETURNING job.id, job.tenant_id, job.seq, job.phase, job.webhook_url,
      ending.event_id, ending.first_message, ending.event_body, ending.is_wanted
  )`;
