import { now } from '../clock.ts';
import { isPublic, isWanted, type JobEventType } from '../domain/event-types.ts';
import type { JobRecord } from '../domain/job.ts';
import { jobView } from '../domain/job-view.ts';
import { faultPoint } from '../fault-point.ts';
import type { Queryable } from './database.ts';
import { prepared } from './prepared.ts';
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
  /** What the job's turn does to the session that the job holds. */
  turn?: TurnChange;
  /** Its commit does not wait for the disk (synchronous-commit.ts). Never inside of a transaction. */
  mayBeLost?: boolean;
};

export type TurnChange = {
  /** The session counts as busy for so many ms from now; null: its turn is over. */
  openForMs: number | null;
  /** Its state; undefined when it is as it was before. */
  state: unknown;
  /** Only while the session is this one upstream: its opening may have been lost with the database server. */
  upstreamId?: string;
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

/** One statement; the events count on the seq, so it changes only the row that the caller knows. */
async function writeKnown(db: Queryable, job: JobRecord, change: JobChange): Promise<JobRecord | null> {
  const values: unknown[] = [job.id, job.owner, job.seq];
  const parameter: Parameter = (value) => `$${values.push(value)}`;
  const conditions = [
    'id = $1 AND owner IS NOT DISTINCT FROM $2 AND seq = $3 AND finished_at IS NULL',
    ...(change.unlessCanceled ? ['cancel_requested_at IS NULL'] : []),
    ...(change.turn ? ['EXISTS (SELECT FROM held)'] : []),
  ];
  const update = `
    UPDATE public.job SET ${assignments(change, placeOf(parameter)).join(', ')}
    WHERE ${conditions.join(' AND ')}
    RETURNING *`;
  const turn = change.turn && withTurn(change.turn, parameter(job.session_id), parameter);
  const told = change.event && eventOf(job, change, change.event, parameter);
  const steps = [turn?.before, `changed AS (${update})`, turn?.after, told].filter((step) => step !== undefined);
  const hurried = change.mayBeLost ? `, ${WITHOUT_WAITING}` : '';
  const text = `WITH ${steps.join(', ')} SELECT changed.* FROM changed${hurried}`;
  return (await runWrite(db, text, values))[0] ?? null;
}

/** @returns the rows that the statement has changed. */
export async function runWrite(db: Queryable, text: string, values: unknown[]): Promise<JobRecord[]> {
  faultPoint('job.writing');
  const { rows } = await db.query<JobRecord>(prepared(text, values));
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

/** The session is locked first, as everywhere (session-line.ts), and changed when the job was. */
function withTurn({ openForMs, state, upstreamId }: TurnChange, session: string, parameter: Parameter) {
  const until = openForMs === null ? 'NULL' : `now() + ${parameter(openForMs)} * interval '1 ms'`;
  const states = state === undefined ? [] : [`state = ${parameter(JSON.stringify(state))}::json`];
  const known = upstreamId === undefined ? '' : `AND upstream_id = ${parameter(upstreamId)}`;
  return {
    before: `held AS MATERIALIZED (
      SELECT id FROM public.session WHERE id = ${session} AND holder_job_id = $1 ${known} FOR UPDATE
    )`,
    after: `kept AS (
      UPDATE public.session SET ${[`turn_open_until = ${until}`, 'state_at = now()', ...states].join(', ')}
      WHERE id = ${session} AND EXISTS (SELECT FROM changed)
    )`,
  };
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
