import { now } from '../clock.ts';
import { isPublic, isWanted, type JobEventType } from '../domain/event-types.ts';
import type { JobRecord } from '../domain/job.ts';
import { jobView } from '../domain/job-view.ts';
import type { Queryable } from './database.ts';
import { newEvent, tell } from './tell.ts';

/** The columns that a worker may change. */
export type JobPatch = Partial<
  Omit<JobRecord, 'id' | 'tenant_id' | 'session_id' | 'seq' | 'epoch' | 'created_at' | 'dispatch_no' | 'due_at'>
>;

/** What becomes of the worker's hold on the row. */
export type Hold =
  /** Stay the owner; the lease runs on. */
  | 'keep'
  /** Give the row back; the queue entry that led here leads here again (it is being delayed or moved). */
  | 'release'
  /** Give the row back; the dispatcher adds it to its lane anew. */
  | 'redispatch';

export type JobChange = {
  set: JobPatch;
  /** What tells of the change; none where a client can see nothing of it. */
  event?: JobEventType;
  hold?: Hold;
  /** The next step is due in so many ms, by the database's clock. */
  dueInMs?: number;
  /** Columns that take the database's time. */
  stamp?: ('sent_at' | 'turn_ended_at')[];
};

const JSON_COLUMNS = new Set(['input', 'metadata', 'progress', 'result', 'error', 'cost', 'turn_fold']);

const HOLD_SQL: Record<Hold, string[]> = {
  keep: [],
  release: ['lease_until = NULL', 'owner = NULL'],
  redispatch: ['lease_until = NULL', 'owner = NULL', 'dispatched_at = NULL'],
};

/**
 * The one statement with which a job is changed after its submission: columns, event and webhook messages in one
 * commit, fenced by epoch and seq (architecture.md, "Claim" and "Settle"). A job that has ended is never changed again.
 * @returns the row as it is now; null when it was lost: claimed by another, changed by a command, or ended.
 */
export async function writeJob(db: Queryable, job: JobRecord, change: JobChange): Promise<JobRecord | null> {
  const values: unknown[] = [job.id, job.epoch, job.seq];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  const update = `
    UPDATE public.job SET ${assignments(change, parameter).join(', ')}
    WHERE id = $1 AND epoch = $2 AND seq = $3 AND finished_at IS NULL
    RETURNING *`;
  const { rows } = await db.query<JobRecord>(
    change.event ? withEvent(update, job, change, change.event, parameter) : update,
    values,
  );
  return rows[0] ?? null;
}

function assignments(change: JobChange, parameter: (value: unknown) => string): string[] {
  const columns = Object.entries(change.set).map(([column, value]) =>
    JSON_COLUMNS.has(column) ? `${column} = ${parameter(toJson(value))}::json` : `${column} = ${parameter(value)}`,
  );
  return [
    ...columns,
    ...(change.stamp ?? []).map((column) => `${column} = now()`),
    ...HOLD_SQL[change.hold ?? 'keep'],
    ...(change.dueInMs === undefined ? [] : [`due_at = now() + ${parameter(change.dueInMs)} * interval '1 ms'`]),
    `seq = seq + ${change.event ? 1 : 0}`,
  ];
}

function withEvent(
  update: string,
  job: JobRecord,
  change: JobChange,
  type: JobEventType,
  parameter: (value: unknown) => string,
): string {
  const next: JobRecord = { ...job, ...change.set, seq: job.seq + 1 };
  if (change.dueInMs !== undefined) next.due_at = new Date(now().getTime() + change.dueInMs);
  const told = tell('changed', {
    ...newEvent(type, parameter),
    tenant_id: 'tenant_id',
    job_id: 'id',
    seq: 'seq',
    phase: 'phase',
    body: parameter(toJson(eventBody(next, type))),
    ...(isWanted(type, next.webhook_events) ? { own_url: 'webhook_url' } : {}),
  });
  return `WITH changed AS (${update}), ${told} SELECT * FROM changed`;
}

/** A public event carries the whole job, as webhooks send it; a private one only what moved. */
function eventBody(job: JobRecord, type: JobEventType): unknown {
  const view = jobView(job);
  return isPublic(type) ? view : { status: view.status, phase: view.phase, waiting: view.waiting };
}

function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}
