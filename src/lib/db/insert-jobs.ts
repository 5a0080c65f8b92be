import { now } from '../clock.ts';
import { assetsOf, type JobInput, type JobType, NO_COST, NO_PROGRESS } from '../domain/job.ts';
import type { ShownJob } from '../domain/job-view.ts';
import { rankMs } from '../domain/rank.ts';
import type { Queryable } from './database.ts';
import type { RequestKey } from './idempotency-keys.ts';
import { INSERT_ALONE, INSERT_FREE, INSERT_IN_BATCH } from './insert-jobs-sql.ts';

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
    text: INSERT_ALONE,
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

/** What only the database knows of a job that it has just stored: what INSERT_ALONE gives. */
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
    text: INSERT_IN_BATCH,
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

/** $6 and on. */
function commonValues({ tenantId, batchId, capped, requestId, traceparent }: BatchCommon): unknown[] {
  return [tenantId, batchId, capped, requestId, traceparent];
}

/** What is the default, null, or common to a batch is left out: most of a batch would be that. */
function toRow(insert: JobInsert | BatchJob) {
  const { id, job, place } = insert;
  const alone = 'key' in insert ? insert : null;
  const assetIds = assetIdsOf(job.input);
  // One literal: objects that are put together from others cost a batch of 10,000 a third more memory.
  return {
    id,
    tenant_id: alone?.job.tenantId,
    request_id: alone?.job.requestId,
    traceparent: alone?.job.traceparent ?? undefined,
    key: alone?.key?.key,
    key_route: alone?.key?.route,
    key_fingerprint: alone?.key?.fingerprint,
    custom_id: 'customId' in insert ? insert.customId : undefined,
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
