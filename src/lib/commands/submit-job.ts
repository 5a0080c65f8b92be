import type pg from 'pg';
import { now } from '../clock.ts';
import { useAssets } from '../db/assets.ts';
import { type Queryable, transaction } from '../db/database.ts';
import type { JobInput, JobRecord, JobType } from '../domain/job.ts';
import { assetsOf, NO_COST, NO_PROGRESS } from '../domain/job.ts';
import { rankMs } from '../domain/rank.ts';
import { Problem } from '../errors.ts';
import { newId } from '../ids.ts';

export type NewJob = {
  tenantId: string;
  type: JobType;
  skill: string;
  language: string;
  input: JobInput;
  /** null: the job opens a session of its own. */
  sessionId: string | null;
  metadata: Record<string, string>;
  priority: number;
  webhook: { url: string; events: string[] } | null;
  requestId: string;
};

/**
 * Accepts a job: its row, its first event and, where it brings no session, a new session, in one commit.
 * A job of a session that another one holds waits for its turn. Throws a Problem when the session or an asset is not
 * the tenant's.
 */
export async function submitJob(pool: pg.Pool, request: NewJob): Promise<JobRecord> {
  const { sessionId } = request;
  const id = newId('job');
  const assetIds = assetIdsOf(request.input);
  if (sessionId === null && assetIds.length === 0) return insertJob(pool, request, id, newId('ses'), true);
  return transaction(pool, async (client) => {
    if (assetIds.length > 0) await keepAssets(client, request, assetIds);
    if (sessionId === null) return insertJob(client, request, id, newId('ses'), true);
    const { rows } = await client.query<{ holder_job_id: string }>(
      `UPDATE public.session SET holder_job_id = COALESCE(holder_job_id, $3)
       WHERE id = $1 AND tenant_id = $2 RETURNING holder_job_id`,
      [sessionId, request.tenantId, id],
    );
    const session = rows[0];
    if (!session) {
      const detail = 'There is no such session.';
      throw new Problem('validation_failed', detail, { faults: [{ pointer: '/session_id', detail }] });
    }
    return insertJob(client, request, id, sessionId, session.holder_job_id === id);
  });
}

function assetIdsOf(input: JobInput): string[] {
  return [...new Set(assetsOf(input).flatMap((ref) => ('asset_id' in ref ? ref.asset_id : [])))];
}

/** They were there when the request was checked; from this commit on they stay while the job is open. */
async function keepAssets(client: Queryable, request: NewJob, ids: string[]): Promise<void> {
  const kept = await useAssets(client, request.tenantId, ids);
  const faults = assetsOf(request.input).flatMap((ref, index) =>
    'url' in ref || kept.has(ref.asset_id)
      ? []
      : { pointer: `/assets/${index}/asset_id`, detail: 'There is no such asset.' },
  );
  const [first] = faults;
  if (first) throw new Problem('validation_failed', first.detail, { faults });
}

async function insertJob(
  db: Queryable,
  request: NewJob,
  id: string,
  sessionId: string,
  isHead: boolean,
): Promise<JobRecord> {
  const status = isHead ? 'queued' : 'waiting';
  const row = {
    id,
    tenant_id: request.tenantId,
    session_id: sessionId,
    opens_session: request.sessionId === null,
    type: request.type,
    skill: request.skill,
    language: request.language,
    status,
    waiting_reason: isHead ? null : 'session',
    priority: request.priority,
    rank_ms: rankMs(now().getTime(), request.priority),
    input: request.input,
    asset_ids: assetIdsOf(request.input),
    metadata: request.metadata,
    webhook_url: request.webhook?.url ?? null,
    webhook_events: request.webhook?.events ?? [],
    progress: NO_PROGRESS,
    cost: NO_COST,
    request_id: request.requestId,
    event_id: newId('evt'),
    event_body: { status, phase: null, waiting: isHead ? null : { reason: 'session', until: null } },
  };
  const { rows } = await db.query<JobRecord>({
    name: 'insert_jobs',
    text: INSERT_JOBS,
    values: [JSON.stringify([row])],
  });
  const job = rows[0];
  if (!job) throw new Error('the insert of a job returned no row');
  return job;
}

/** Takes a list, so that many jobs are one statement. */
const INSERT_JOBS = `
  WITH fresh AS (
    SELECT * FROM json_to_recordset($1::json) AS row(
      id text, tenant_id text, session_id text, opens_session boolean, type text, skill text, language text,
      status text, waiting_reason text, priority int, rank_ms float8, input json, asset_ids text[], metadata json, webhook_url text,
      webhook_events text[], progress json, cost json, request_id text, event_id text, event_body json)
  ), opened AS (
    INSERT INTO public.session (id, tenant_id, skill, language, opened_by, holder_job_id)
    SELECT session_id, tenant_id, skill, language, id, id FROM fresh WHERE opens_session
  ), told AS (
    INSERT INTO public.event (id, tenant_id, job_id, seq, type, body)
    SELECT event_id, tenant_id, id, 1, 'job.queued', event_body FROM fresh
  )
  INSERT INTO public.job (id, tenant_id, session_id, type, skill, status, waiting_reason, priority, rank_ms, input, asset_ids,
    metadata, webhook_url, webhook_events, progress, cost, request_id)
  SELECT id, tenant_id, session_id, type, skill, status, waiting_reason, priority, rank_ms, input, asset_ids,
    metadata, webhook_url, webhook_events, progress, cost, request_id FROM fresh
  RETURNING *`;
