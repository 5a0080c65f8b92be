import { now } from '../clock.ts';
import { assetsOf, type JobInput, type JobType, NO_COST, NO_PROGRESS } from '../domain/job.ts';
import type { ShownJob } from '../domain/job-view.ts';
import { rankMs } from '../domain/rank.ts';
import type { Queryable } from './database.ts';
import type { RequestKey } from './idempotency-keys.ts';

/** A checked job that is to be stored. */
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
  clientReference: string | null;
  /** Seconds from now until it must have started; until it must have ended. */
  startTimeoutS: number | null;
  deadlineS: number | null;
  waitForCredits: boolean;
  requestId: string;
  /** The span of the request; null where nobody traces. */
  traceparent: string | null;
};

/**
 * Where a job stands in its session (null: it opens one of its own): at the head it may run, from `dueAt` on if that is
 * set.
 */
export type Place = { sessionId: string | null; isHead: boolean; dueAt: Date | null };

/** One job of a statement: under `id`, claiming `key` if there is one. */
export type JobInsert = { id: string; job: NewJob; key: RequestKey | null; place: Place };

/** One job of a batch. */
export type BatchJob = { id: string; job: NewJob; place: Place; customId: string };

/** What all jobs of a batch have in common. `capped`: the batch has a max_concurrency. */
export type BatchCommon = {
  batchId: string;
  capped: boolean;
  tenantId: string;
  requestId: string;
  traceparent: string | null;
};

/** The head of a session that the job opens itself. */
export function ownSession(): Place {
  return { sessionId: null, isHead: true, dueAt: null };
}

/** The assets that a job names, each once. */
export function assetIdsOf(input: JobInput): string[] {
  return [...new Set(assetsOf(input).flatMap((ref) => ('asset_id' in ref ? ref.asset_id : [])))];
}

/**
 * Stores jobs with their sessions, first events and idempotency keys, in one statement. Never throws for a conflict:
 * a job whose key, client reference or id is there already is left out, with all that belongs to it.
 * (Its key would stay, though, if the reference is lost after the key was won: a job with both needs a transaction.)
 * @returns the stored jobs by their ids.
 */
export async function insertJobs(db: Queryable, inserts: readonly JobInsert[]): Promise<Map<string, ShownJob>> {
  const { rows } = await db.query<StoredTimes>({
    name: 'insert_jobs',
    text: `${insertAnd(ASKED_ALONE, 'id, created_at, due_at, expires_at, deadline_at')}
      SELECT id, created_at, due_at, expires_at, deadline_at FROM accepted`,
    values: [JSON.stringify(inserts.map(toRow)), ...SHARED],
  });
  const stored = new Map(rows.map((times) => [times.id, times]));
  return new Map(
    inserts.flatMap((insert) => {
      const times = stored.get(insert.id);
      return times ? [[insert.id, asStored(insert, times)]] : [];
    }),
  );
}

/** What only the database knows of a job that it has just stored. */
type StoredTimes = Pick<ShownJob, 'id' | 'created_at' | 'due_at' | 'expires_at' | 'deadline_at'>;

/** The row that was stored, without reading it back: sixty columns a job take as long as to store them. */
function asStored({ id, job, place }: JobInsert, times: StoredTimes): ShownJob {
  return {
    id,
    type: job.type,
    status: place.isHead ? 'queued' : 'waiting',
    phase: null,
    seq: 1,
    skill: job.skill,
    session_id: place.sessionId ?? `ses${id.slice('job'.length)}`,
    batch_id: null,
    custom_id: null,
    client_reference: job.clientReference,
    metadata: job.metadata,
    priority: job.priority,
    waiting_reason: place.isHead ? null : 'session',
    progress: NO_PROGRESS,
    input: job.input,
    result: null,
    error: null,
    cost: NO_COST,
    charged: 'no',
    attempt: 1,
    retry_of: null,
    created_at: times.created_at,
    started_at: null,
    finished_at: null,
    cancel_requested_at: null,
    deadline_at: times.deadline_at,
    expires_at: times.expires_at,
    due_at: times.due_at,
    request_id: job.requestId,
  };
}

/** Writes a job of a batch out for the two below, which takes time: that can be done while others are stored. */
export function writeBatchJob(job: BatchJob): string {
  return JSON.stringify(toRow(job));
}

/**
 * As insertJobs, for jobs of a batch, whose rows nobody asks for. @param written a list of what `writeBatchJob` gave.
 * @returns the ids of the stored jobs.
 */
export async function insertBatchJobs(db: Queryable, written: Buffer, common: BatchCommon): Promise<Set<string>> {
  const { rows } = await db.query<{ id: string }>({
    name: 'insert_batch_jobs',
    text: `${insertAnd(ASKED_IN_BATCH, 'id')} SELECT id FROM accepted`,
    values: [written, ...SHARED, ...commonValues(common)],
  });
  return new Set(rows.map(({ id }) => id));
}

/**
 * As insertBatchJobs, for jobs that nothing can be in the way of: they have no client reference. To look out for it all
 * the same is an eighth of what a batch costs Postgres. Throws if something is.
 */
export async function insertFreeJobs(db: Queryable, written: Buffer, common: BatchCommon): Promise<void> {
  await db.query({
    name: 'insert_free_jobs',
    text: INSERT_FREE,
    values: [written, ...SHARED, ...commonValues(common)],
  });
}

/** What the first event of a job tells. */
const QUEUED = { status: 'queued', phase: null, waiting: null };
const WAITING = { status: 'waiting', phase: null, waiting: { reason: 'session', until: null } };
/** $2 and on: what many jobs have in common. */
const SHARED = [NO_PROGRESS, NO_COST, QUEUED, WAITING].map((value) => JSON.stringify(value));

/** $6 and on, in the order of ASKED_IN_BATCH. */
function commonValues({ tenantId, batchId, capped, requestId, traceparent }: BatchCommon): unknown[] {
  return [tenantId, batchId, capped, requestId, traceparent];
}

/** What is the default, null, or common to a batch is left out: most of a batch would be that. */
function toRow(insert: JobInsert | BatchJob) {
  const { id, job, place } = insert;
  const alone = 'key' in insert ? job : null;
  const key = 'key' in insert ? insert.key : null;
  const assetIds = assetIdsOf(job.input);
  // One literal: objects that are put together from others cost a batch of 10,000 a third more memory.
  return {
    id,
    tenant_id: alone?.tenantId,
    custom_id: 'key' in insert ? undefined : insert.customId,
    request_id: alone?.requestId,
    traceparent: alone?.traceparent ?? undefined,
    key: key?.key,
    key_route: key?.route,
    key_fingerprint: key?.fingerprint,
    named_session: place.sessionId ?? undefined,
    type: job.type,
    skill: job.skill,
    language: job.language,
    status: place.isHead ? undefined : WAITING.status,
    waiting_reason: place.isHead ? undefined : WAITING.waiting.reason,
    priority: job.priority === 0 ? undefined : job.priority,
    rank_ms: rankMs(now().getTime(), job.priority),
    input: job.input,
    asset_ids: assetIds.length > 0 ? assetIds : undefined,
    metadata: job.metadata,
    webhook_url: job.webhook?.url,
    webhook_events: job.webhook?.events,
    client_reference: job.clientReference ?? undefined,
    start_timeout_s: job.startTimeoutS ?? undefined,
    deadline_s: job.deadlineS ?? undefined,
    wait_for_credits: job.waitForCredits || undefined,
    due_at: place.dueAt ?? undefined,
  };
}

/** $1 as rows, with `columns` besides. A job's first event, and the session that it opens, have its id but for the prefix. */
const askedWith = (columns: string, common: string) => `asked AS (
    SELECT *, COALESCE(named_session, 'ses' || substr(id, 4)) AS session_id, ${common}
    FROM json_to_recordset($1::json) AS row(
      id text, named_session text, type text, skill text, language text,
      status text, waiting_reason text, priority int, rank_ms float8, input json, asset_ids text[], metadata json,
      webhook_url text, webhook_events text[], client_reference text,
      start_timeout_s int, deadline_s int, wait_for_credits boolean, due_at timestamptz, ${columns})
  )`;

const ASKED_ALONE = askedWith(
  'tenant_id text, request_id text, traceparent text, key text, key_route text, key_fingerprint text',
  'NULL AS batch_id, NULL AS custom_id, false AS capped',
);
const ASKED_IN_BATCH = askedWith(
  'custom_id text',
  `$6::text AS tenant_id, $7::text AS batch_id, $8::boolean AS capped, $9::text AS request_id, $10::text AS traceparent,
    NULL AS key, NULL AS key_route, NULL AS key_fingerprint`,
);

const JOBS = `
    INSERT INTO public.job (id, tenant_id, session_id, type, skill, status, waiting_reason, priority, rank_ms, input,
      asset_ids, metadata, webhook_url, webhook_events, client_reference, batch_id, custom_id, capped, progress, cost,
      request_id, traceparent, expires_at, deadline_at, wait_for_credits, due_at)
    SELECT id, tenant_id, session_id, type, skill, COALESCE(status, 'queued'), waiting_reason, COALESCE(priority, 0),
      rank_ms, input, COALESCE(asset_ids, '{}'), metadata, webhook_url, COALESCE(webhook_events, '{}'), client_reference, batch_id,
      custom_id, capped, $2::json, $3::json, request_id, traceparent, now() + start_timeout_s * interval '1 s', now() + deadline_s * interval '1 s',
      COALESCE(wait_for_credits, false),
      COALESCE(due_at, now())
    FROM asked`;

/** What belongs to the jobs in `stored`, which has the columns of `asked`. */
const belongingTo = (stored: string) => `opened AS (
    INSERT INTO public.session (id, tenant_id, skill, language, opened_by, holder_job_id)
    SELECT session_id, tenant_id, skill, language, id, id FROM ${stored} WHERE named_session IS NULL
  ), told AS (
    INSERT INTO public.event (id, tenant_id, job_id, seq, type, body)
    SELECT 'evt' || substr(id, 4), tenant_id, id, 1, 'job.queued',
      CASE WHEN status IS NULL THEN $4::json ELSE $5::json END
    FROM ${stored}
  )`;

/**
 * `accepted` is the stored jobs, with their columns of `returned`.
 * Keys and references are taken in one order by all statements, and all keys before any reference (the sort of the
 * jobs comes after their filter): two statements cannot wait for each other.
 */
const insertAnd = (asked: string, returned: string) => `
  WITH ${asked}, won AS (
    INSERT INTO public.idempotency_key (tenant_id, route, key, fingerprint, resource_ids)
    SELECT tenant_id, key_route, key, key_fingerprint, ARRAY[id] FROM asked WHERE key IS NOT NULL
    ORDER BY tenant_id, key_route, key
    ON CONFLICT DO NOTHING
    RETURNING resource_ids[1] AS id
  ), accepted AS (${JOBS} WHERE key IS NULL OR id IN (SELECT id FROM won)
    ORDER BY tenant_id, client_reference COLLATE "C", id
    ON CONFLICT DO NOTHING
    RETURNING ${returned}
  ), ${belongingTo('(SELECT asked.* FROM accepted JOIN asked USING (id)) AS stored')}`;

/** With nothing to look out for. */
const INSERT_FREE = `WITH ${ASKED_IN_BATCH}, accepted AS (${JOBS}), ${belongingTo('asked')} SELECT`;
