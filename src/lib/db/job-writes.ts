import { now } from '../clock.ts';
import { isPublic, isWanted, type JobEventType } from '../domain/event-types.ts';
import type { JobRecord } from '../domain/job.ts';
import { jobView } from '../domain/job-view.ts';
import { faultPoint } from '../fault-point.ts';
import type { Queryable } from './database.ts';
import { prepared } from './prepared.ts';
import { type SessionChange, sessionSql } from './session-change.ts';
import { WITHOUT_WAITING } from './synchronous-commit.ts';
import { newEvent, type Parameter, tell } from './tell.ts';

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
  /** It is due earlier when the deadline comes before, or a cancel came with this write. */
  wakesEarly?: boolean;
  /** Columns that take the database's time. */
  stamp?: ('sent_at' | 'turn_ended_at' | 'cancel_requested_at')[];
  /** Only while no cancel was asked for. */
  unlessCanceled?: boolean;
  /** What it does to the session that the job holds. */
  session?: SessionChange;
  /** Its commit does not wait for the disk (synchronous-commit.ts). Never inside of a transaction. */
  mayBeLost?: boolean;
};

const JSON_COLUMNS = new Set(['input', 'metadata', 'progress', 'result', 'error', 'cost', 'turn_fold']);

const HOLD_SQL: Record<Hold, string[]> = {
  keep: [],
  release: ['lease_until = NULL', 'owner = NULL'],
  redispatch: ['lease_until = NULL', 'owner = NULL', 'dispatched_at = NULL'],
};

/**
 * Changes a job after its submission: columns, event and webhook messages in one commit, fenced by the owner
 * (architecture.md, "Claim" and "Settle"). A job that has ended is never changed again. A command that changed the row
 * in between (a cancel) stands, and this change is made on top of it.
 * @returns the row as it is now; null when it was lost: claimed by another, or ended.
 */
export async function writeJob(db: Queryable, job: JobRecord, change: JobChange): Promise<JobRecord | null> {
  for (let known = job; ; ) {
    const written = await writeKnown(db, known, change);
    if (written) return written;
    const current = await currentJob(db, known);
    if (!current || current.seq === known.seq) return null;
    known = current;
  }
}

/** The row as it is now, while its owner is still the same and it has not ended. */
async function currentJob(db: Queryable, { id, owner }: JobRecord): Promise<JobRecord | null> {
  const { rows } = await db.query<JobRecord>(
    'SELECT * FROM public.job WHERE id = $1 AND owner IS NOT DISTINCT FROM $2 AND finished_at IS NULL',
    [id, owner],
  );
  return rows[0] ?? null;
}

/**
 * The same in one statement, for a row that is as the caller knows it: the events count on its seq.
 * @returns null where it has changed, or a condition of the change is not met; then nothing is done.
 */
export async function writeKnown(db: Queryable, job: JobRecord, change: JobChange): Promise<JobRecord | null> {
  const values: unknown[] = [job.id, job.owner, job.seq];
  const parameter: Parameter = (value) => `$${values.push(value)}`;
  const session = change.session && sessionSql(change.session, job.session_id, parameter);
  const conditions = [
    'id = $1 AND owner IS NOT DISTINCT FROM $2 AND seq = $3 AND finished_at IS NULL',
    ...(change.unlessCanceled ? ['cancel_requested_at IS NULL'] : []),
    ...(session?.only ?? []),
  ];
  const update = `
    UPDATE public.job SET ${assignments(change, placeOf(parameter)).join(', ')}
    WHERE ${conditions.join(' AND ')}
    RETURNING *`;
  const told = change.event && eventOf(job, change, change.event, parameter);
  const steps = [session?.before, `changed AS (${update})`, session?.after, told].filter((step) => step !== undefined);
  const [row] = await runWrite(db, `WITH ${steps.join(', ')} SELECT ${writtenFrom(change)}`, values);
  return row ? afterWrite(job, change, row) : null;
}

/** What a write leaves in the row besides what it sets, and what others may have changed in it meanwhile. */
const WRITTEN = [
  'id',
  'seq',
  'owner',
  'lease_until',
  'dispatch_no',
  'dispatched_at',
  'due_at',
  'phase_started_at',
  'sent_at',
  'turn_ended_at',
  'cancel_requested_at',
] as const satisfies (keyof JobRecord)[];
export type Written = Pick<JobRecord, (typeof WRITTEN)[number]>;

/** What a statement that has changed jobs as `changed` gives back: to read all sixty columns takes as long as to write. */
export function writtenFrom({ mayBeLost }: Pick<JobChange, 'mayBeLost'>): string {
  const columns = WRITTEN.map((column) => `changed.${column}`).join(', ');
  return `${columns} FROM changed${mayBeLost ? `, ${WITHOUT_WAITING}` : ''}`;
}

/** The row as it is after a write that found it as it was known. */
export function afterWrite(known: JobRecord, { set }: Pick<JobChange, 'set'>, written: Written): JobRecord {
  return { ...known, ...set, ...written };
}

/** @returns of each row that the statement has changed, what it left there. */
export async function runWrite(db: Queryable, text: string, values: unknown[]): Promise<Written[]> {
  faultPoint('job.writing');
  const { rows } = await db.query<Written>(prepared(text, values));
  faultPoint('job.written');
  return rows;
}

/** Where in the statement a value stands that goes into this column, or that the change has under this name. */
export type Place = (name: string, value: unknown) => string;

function placeOf(parameter: Parameter): Place {
  return (name, value) => (JSON_COLUMNS.has(name) ? `${parameter(toJson(value))}::json` : parameter(value));
}

/** What the change assigns to the columns of `public.job`. */
export function assignments(change: JobChange, place: Place): string[] {
  const columns = Object.entries(change.set).map(([column, value]) => `${column} = ${place(column, value)}`);
  const { phase } = change.set;
  return [
    ...columns,
    ...(phase === undefined ? [] : [phaseStartSql(place('phase', phase))]),
    ...(change.stamp ?? []).map((column) => `${column} = now()`),
    ...HOLD_SQL[change.hold ?? 'keep'],
    ...(change.dueInMs === undefined ? [] : [`due_at = ${dueSql(change, place('due_in_ms', change.dueInMs))}`]),
    `seq = job.seq + ${change.event ? 1 : 0}`,
  ];
}

/** A phase begins when the job comes into it, not when it comes back after a wait. */
function phaseStartSql(phase: string): string {
  return `phase_started_at = CASE WHEN job.phase IS DISTINCT FROM ${phase} THEN now() ELSE job.phase_started_at END`;
}

/** A cancel that need not wait for a message wakes the job (domain/interruption.ts). */
function dueSql({ wakesEarly }: JobChange, ms: string): string {
  const due = `now() + ${ms} * interval '1 ms'`;
  if (!wakesEarly) return due;
  const canceled = "job.cancel_requested_at IS NOT NULL AND job.turn_state NOT IN ('sending', 'closed')";
  return `LEAST(job.deadline_at, CASE WHEN ${canceled} THEN now() ELSE ${due} END)`;
}

function eventOf(job: JobRecord, change: JobChange, type: JobEventType, parameter: Parameter): string {
  return tell('changed', {
    ...newEvent(type, parameter),
    ...EVENT_OF_JOB,
    body: parameter(toJson(eventBody(job, change, type))),
    ...(isWanted(type, job.webhook_events) ? { own_url: 'webhook_url' } : {}),
  });
}

/** What an event takes from the job that it tells of. */
export const EVENT_OF_JOB = { tenant_id: 'tenant_id', job_id: 'id', seq: 'seq', phase: 'phase' } as const;

/** What is told of the change: a public event carries the whole job, as webhooks send it; a private one what moved. */
export function eventBody(job: JobRecord, change: JobChange, type: JobEventType): unknown {
  const next: JobRecord = { ...job, ...change.set, seq: job.seq + 1 };
  if (change.dueInMs !== undefined) next.due_at = new Date(now().getTime() + change.dueInMs);
  if (change.stamp?.includes('cancel_requested_at')) next.cancel_requested_at = now();
  const view = jobView(next);
  return isPublic(type) ? view : { status: view.status, phase: view.phase, waiting: view.waiting };
}

function toJson(value: unknown): string | null {
  return value === null || value === undefined ? null : JSON.stringify(value);
}
