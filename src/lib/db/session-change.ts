import type { Parameter } from './tell.ts';

/** What a job's write does to the session that the job holds, in the same commit. */
export type SessionChange = TurnChange | LeaveChange;

export type TurnChange = {
  kind: 'turn';
  /** The session counts as busy for so many ms from now; null: its turn is over. */
  openForMs: number | null;
  /** Its state; undefined when it is as it was before. */
  state: unknown;
  /** Only while the session is this one upstream: its opening may have been lost with the database server. */
  upstreamId?: string;
};

/** The job leaves the session to nobody: only while no other job waits for it. */
export type LeaveChange = {
  kind: 'leave';
  /** The turn is known to be over; else the session stays busy for as long as it was to be. */
  turnOver: boolean;
  /** Its state; undefined when it is as it was before. */
  state: unknown;
};

/** Parts of the statement that writes the job as `changed`. */
type SessionSql = {
  /** CTEs that lock the session. It is locked first, as everywhere (session-line.ts). */
  before: string;
  /** Conditions for the job to be changed. */
  only: string[];
  /** The CTE that changes the session when the job was. */
  after: string;
};

/** $1 is the job's id. */
export function sessionSql(change: SessionChange, sessionId: string, parameter: Parameter): SessionSql {
  const session = parameter(sessionId);
  const { locks, only, sets } = change.kind === 'turn' ? ofTurn(change, parameter) : ofLeave(change, session);
  const states = change.state === undefined ? [] : [`state = ${parameter(JSON.stringify(change.state))}::json`];
  return {
    before: `held AS MATERIALIZED (
      SELECT id, ctid AS place FROM public.session WHERE id = ${session} AND holder_job_id = $1 ${locks} FOR UPDATE
    )`,
    only,
    after: `kept AS (
      UPDATE public.session SET ${[...sets, ...states].join(', ')}
      WHERE id = ${session} AND EXISTS (SELECT FROM changed)
    )`,
  };
}

function ofTurn({ openForMs, upstreamId }: TurnChange, parameter: Parameter) {
  const until = openForMs === null ? 'NULL' : `now() + ${parameter(openForMs)} * interval '1 ms'`;
  return {
    locks: upstreamId === undefined ? '' : `AND upstream_id = ${parameter(upstreamId)}`,
    only: ['EXISTS (SELECT FROM held)'],
    sets: [`turn_open_until = ${until}`, 'state_at = now()'],
  };
}

/**
 * Who joins the line writes the session's row, even where nothing of it changes (`joinSessions`, and a retry). A row that
 * is at the place where the statement's snapshot has it was not written before it was locked: then the snapshot shows all
 * that wait.
 */
function ofLeave({ turnOver, state }: LeaveChange, session: string) {
  return {
    locks: '',
    only: [
      `EXISTS (SELECT FROM held JOIN public.session AS seen ON seen.id = held.id AND seen.ctid = held.place)`,
      // In the order of the index of open jobs: a session may have had thousands.
      `(SELECT id FROM public.job AS other WHERE session_id = ${session} AND finished_at IS NULL AND id <> $1
        ORDER BY id LIMIT 1) IS NULL`,
    ],
    sets: [
      'holder_job_id = NULL',
      `turn_open_until = ${turnOver ? 'NULL' : 'CASE WHEN turn_open_until > now() THEN turn_open_until END'}`,
      ...(state === undefined ? [] : ['state_at = now()']),
    ],
  };
}
