import { isWanted, PROGRESS_EVENT } from '../domain/event-types.ts';
import type { JobRecord } from '../domain/job.ts';
import { jobView } from '../domain/job-view.ts';
import { newId } from '../ids.ts';
import type { Queryable } from './database.ts';
import { tell } from './tell.ts';

/**
 * At most one a job in 5 s (the REST contract, "Webhooks"). Heartbeats come every 5 s; one that is a little early by
 * the database's clock is not left out for it. In ms.
 */
const LEAST_GAP_MS = 4_800;

/**
 * Tells of the progress of jobs to those who asked for `job.progress`; costs one look where nobody did. The events have
 * no seq: they are no part of a job's history.
 */
export async function tellProgress(db: Queryable, jobIds: readonly string[]): Promise<void> {
  const { rows } = await db.query<JobRecord>({ name: 'wanted_progress', text: WANTED, values: [jobIds] });
  if (rows.length === 0) return;
  const told = rows.map((job) => ({
    id: newId('evt'),
    first_message: newId('msg'),
    tenant_id: job.tenant_id,
    job_id: job.id,
    phase: job.phase,
    body: jobView(job),
    own_url: isWanted(PROGRESS_EVENT, job.webhook_events) ? job.webhook_url : null,
  }));
  await db.query({ name: 'tell_progress', text: TELL_PROGRESS, values: [JSON.stringify(told)] });
}

const WANTED = `
  SELECT job.* FROM public.job
  WHERE id = ANY ($1) AND finished_at IS NULL
    AND (webhook_url IS NOT NULL AND '${PROGRESS_EVENT}' = ANY (webhook_events)
      OR EXISTS (SELECT FROM public.webhook_endpoint AS endpoint
        WHERE endpoint.tenant_id = job.tenant_id AND endpoint.enabled AND '${PROGRESS_EVENT}' = ANY (endpoint.events)))
    AND NOT EXISTS (SELECT FROM public.event WHERE event.job_id = job.id AND event.seq IS NULL
      AND event.at > now() - ${LEAST_GAP_MS} * interval '1 ms')`;

const TELL_PROGRESS = `
  WITH given AS (
    SELECT * FROM json_to_recordset($1::json) AS row(
      id text, first_message text, tenant_id text, job_id text, phase text, body json, own_url text)
  ), ${tell('given', {
    id: 'id',
    first_message: 'first_message',
    tenant_id: 'tenant_id',
    job_id: 'job_id',
    phase: 'phase',
    body: 'body',
    own_url: 'own_url',
    type: `'${PROGRESS_EVENT}'`,
    by_default: 'false',
  })}
  SELECT FROM given`;
