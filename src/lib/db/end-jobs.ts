import { now } from '../clock.ts';
import type { JobError, JobRecord, TerminalStatus } from '../domain/job.ts';
import { isWanted, terminalEvent } from '../domain/job-events.ts';
import { jobView } from '../domain/job-view.ts';
import { newId } from '../ids.ts';
import type { Queryable } from './database.ts';

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
  await db.query({
    name: 'end_jobs',
    text: END_JOBS,
    values: [
      outcome.status,
      outcome.error === null ? null : JSON.stringify(outcome.error),
      finishedAt,
      type,
      JSON.stringify(
        ended.map((job) => ({
          id: job.id,
          event_id: newId('evt'),
          event_body: jobView(job),
          message_id: job.webhook_url !== null && isWanted(type, job.webhook_events) ? newId('msg') : null,
        })),
      ),
    ],
  });
}

const END_JOBS = `
  WITH ending AS (
    SELECT * FROM json_to_recordset($5::json) AS row(id text, event_id text, event_body json, message_id text)
  ), ended AS (
    UPDATE public.job SET status = $1, error = $2::json, finished_at = $3, seq = seq + 1, waiting_reason = NULL
    FROM ending WHERE job.id = ending.id AND job.finished_at IS NULL
    RETURNING job.id, job.tenant_id, job.seq, job.phase, job.webhook_url
  ), told AS (
    INSERT INTO public.event (id, tenant_id, job_id, seq, type, phase, body)
    SELECT ending.event_id, ended.tenant_id, ended.id, ended.seq, $4::text, ended.phase, ending.event_body
    FROM ended JOIN ending USING (id)
  )
  INSERT INTO public.webhook_message (id, tenant_id, event_id, url, event_type)
  SELECT ending.message_id, ended.tenant_id, ending.event_id, ended.webhook_url, $4::text
  FROM ended JOIN ending USING (id) WHERE ending.message_id IS NOT NULL`;
