import type pg from 'pg';
import { useAssets } from '../db/assets.ts';
import { type Queryable, transaction } from '../db/database.ts';
import { claimKey, type RequestKey } from '../db/idempotency-keys.ts';
import { passRenderOn } from '../db/renders.ts';
import { lockJob } from '../db/session-line.ts';
import { isTerminal, type JobRecord, NO_COST, NO_PROGRESS } from '../domain/job.ts';
import { hasTurnResult, sendsMessage } from '../domain/retry.ts';
import { Problem } from '../errors.ts';
import { newId } from '../ids.ts';

type RetryRequest = {
  requestId: string;
  traceparent: string | null;
  acceptDuplicateCharge: boolean;
  key: RequestKey | null;
};

/**
 * Takes a failed, canceled or expired job up again as a new one, from where it ended: what its message brought is kept,
 * its render is followed or made anew from the stored draft (api.md, "retry"). A job that was retried before goes on
 * from its latest try. Throws job_not_retryable, retry_in_progress and charge_unknown, and KeyTaken.
 */
export function retryJob(pool: pg.Pool, job: JobRecord, request: RetryRequest): Promise<JobRecord> {
  return transaction(pool, async (client) => {
    const id = newId('job');
    await claimKey(client, request.key, [id]);
    await lockJob(client, job.id, job.session_id);
    const tries = await triesOf(client, job.id);
    const latest = tries.at(-1);
    if (!latest) throw new Problem('not_found', 'There is no such job.');
    refuse(job.id, tries, latest, request);
    const resumes = hasTurnResult(latest);
    if (!resumes) await keepAssets(client, latest);
    const retry = await insertRetry(client, latest, id, resumes, request);
    await passRenderOn(client, latest.id, id);
    await client.query('UPDATE public.session SET opened_by = $2 WHERE id = $1 AND opened_by = $3', [
      latest.session_id,
      id,
      latest.id,
    ]);
    return retry;
  });
}

/** All tries of the same job, oldest first; each was made from the one before. */
async function triesOf(client: Queryable, jobId: string): Promise<JobRecord[]> {
  const { rows } = await client.query<JobRecord>(
    `WITH RECURSIVE earlier AS (
       SELECT id, retry_of, attempt FROM public.job WHERE id = $1
       UNION ALL
       SELECT job.id, job.retry_of, job.attempt FROM earlier JOIN public.job ON job.id = earlier.retry_of
     ), tries AS (
       SELECT * FROM public.job WHERE id = (SELECT id FROM earlier ORDER BY attempt LIMIT 1)
       UNION ALL
       SELECT job.* FROM tries JOIN public.job ON job.retry_of = tries.id
     )
     SELECT * FROM tries ORDER BY attempt`,
    [jobId],
  );
  return rows;
}

function refuse(jobId: string, tries: readonly JobRecord[], latest: JobRecord, request: RetryRequest): void {
  const existing = `/v1/jobs/${latest.id}`;
  if (!isTerminal(latest.status)) {
    if (latest.id !== jobId) throw new Problem('retry_in_progress', `${latest.id} is at it already.`, { existing });
    throw new Problem('job_not_retryable', `The job has not ended yet: ${latest.status}.`);
  }
  if (latest.status === 'succeeded') {
    throw new Problem('job_not_retryable', `${latest.id} has succeeded.`, { existing });
  }
  const mayHaveCost = tries.find((job) => job.charged !== 'no');
  if (mayHaveCost && sendsMessage(latest) && !request.acceptDuplicateCharge) {
    throw new Problem(
      'charge_unknown',
      `${mayHaveCost.id} may have cost credits (charged: ${mayHaveCost.charged}), and a retry sends its message again. ` +
        'Send {"accept_duplicate_charge": true} to do so all the same.',
    );
  }
}

async function keepAssets(client: Queryable, job: JobRecord): Promise<void> {
  const kept = await useAssets(client, job.tenant_id, job.asset_ids);
  const gone = job.asset_ids.find((id) => !kept.has(id));
  if (gone) throw new Problem('job_not_retryable', `${gone} is gone, and the job needs it.`);
}

/** A copy of what was asked for; limits run anew. It stands at the end of its session's line. */
async function insertRetry(
  client: Queryable,
  job: JobRecord,
  id: string,
  resumes: boolean,
  { requestId, traceparent }: RetryRequest,
): Promise<JobRecord> {
  const { rows } = await client.query<JobRecord>(
    `WITH line AS (
       UPDATE public.session SET holder_job_id = COALESCE(holder_job_id, $2) WHERE id = $1
       RETURNING holder_job_id = $2 AS first, turn_open_until
     ), retry AS (
       INSERT INTO public.job (id, tenant_id, session_id, account_id, type, skill, priority, rank_ms, input, asset_ids,
         metadata, webhook_url, webhook_events, wait_for_credits, retry_of, attempt, request_id, traceparent, progress,
         status, waiting_reason, due_at, expires_at, deadline_at, turn_state, result, cost)
       SELECT $2, tenant_id, session_id, account_id, type, skill, priority,
         extract(epoch FROM now()) * 1000 - (extract(epoch FROM created_at) * 1000 - rank_ms), input, asset_ids,
         metadata, webhook_url, webhook_events, wait_for_credits, id, attempt + 1, $4, $9,
         $8::json,
         CASE WHEN first THEN 'queued' ELSE 'waiting' END, CASE WHEN first THEN NULL ELSE 'session' END,
         GREATEST(now(), turn_open_until), now() + (expires_at - created_at), now() + (deadline_at - created_at),
         CASE WHEN $5 THEN 'done' ELSE 'unsent' END, CASE WHEN $5 THEN result END, $6::json
       FROM public.job CROSS JOIN line WHERE id = $3
       RETURNING *
     ), told AS (
       INSERT INTO public.event (id, tenant_id, job_id, seq, type, body)
       SELECT $7, tenant_id, id, seq, 'job.queued', json_build_object('status', status, 'phase', phase, 'waiting',
         CASE WHEN waiting_reason IS NOT NULL THEN json_build_object('reason', waiting_reason, 'until', NULL) END)
       FROM retry
     )
     SELECT * FROM retry`,
    [
      job.session_id,
      id,
      job.id,
      requestId,
      resumes,
      JSON.stringify(NO_COST),
      newId('evt'),
      JSON.stringify(NO_PROGRESS),
      traceparent,
    ],
  );
  const retry = rows[0];
  if (!retry) throw new Error(`the retry of ${job.id} was not written`);
  return retry;
}
