import type { JobRecord, Progress } from '../domain/job.ts';
import { accountOfTenant, STORED_TOKEN, type StoredToken } from './accounts.ts';
import type { Queryable } from './database.ts';
import { SESSION_OF_JOB, type SessionRow } from './sessions.ts';
import { WITHOUT_WAITING } from './synchronous-commit.ts';

/** How long a worker owns a job without a sign of life, in ms. Three missed heartbeats, and another may take over. */
const LEASE_MS = 15_000;
/**
 * A job is taken up so much before it is due, in ms: the queue wakes it by a worker's clock, and clocks that are kept by
 * NTP are closer than that. A worker whose clock is an hour ahead would wake all that sleep.
 */
const EARLY_MS = 1_000;
/** Of a row of `job`: its time has come, by the database's clock. */
export const IS_DUE = `job.due_at <= now() + ${EARLY_MS} * interval '1 ms'`;

export type Claimed = {
  job: JobRecord;
  session: SessionRow;
  /** Of the account in whose name it speaks: its session's, or that of its tenant; null where it is not there yet. */
  account: StoredToken | null;
};

export type Claim =
  | ({ kind: 'claimed' } & Claimed)
  /** Not to be had for so many ms: another worker holds it, unless that goes on, or it is not due before. */
  | { kind: 'later'; forMs: number }
  /** Ended, or dispatched anew under another number: this entry of the queue is void. */
  | { kind: 'superseded' };

/** An entry of the queue: a job, under the number of its dispatch. */
export type Ask = { jobId: string; dispatchNo: number };

/**
 * $1. As JSON and not as arrays: of these the planner sees how many there are, and would make a plan of its own each time
 * (docs/decisions/0018).
 */
const ASKED = 'asked AS (SELECT * FROM json_to_recordset($1::json) AS asked(id text, dispatch_no int))';

/** $3 is the hash of NEMO_TOKEN. */
const ACCOUNT_OF_JOB = `(SELECT row_to_json(stored) FROM (
    SELECT ${STORED_TOKEN} FROM public.account WHERE account.id = COALESCE(
      (SELECT account_id FROM public.session WHERE session.id = job.session_id), ${accountOfTenant('job.tenant_id', '$3')})
  ) AS stored)`;

/**
 * Takes dispatched jobs (architecture.md, "Claim"), each under an owner of its own: the worker, and a number that no
 * other claim has. It fences off whoever had the job before. Nobody waits for the disk: a claim that is lost with the
 * server has another owner when it is made again, and the commit before a message takes it along.
 * @returns a claim an ask, in their order. Of two asks for the same entry only the first can be `claimed`.
 */
export async function claimJobs(
  db: Queryable,
  asks: readonly Ask[],
  { worker, nemoTokenHash }: { worker: string; nemoTokenHash: string | null },
): Promise<Claim[]> {
  const asked = JSON.stringify(asks.map(({ jobId, dispatchNo }) => ({ id: jobId, dispatch_no: dispatchNo })));
  const { rows } = await db.query<JobRecord & Omit<Claimed, 'job'>>({
    name: 'claim_jobs',
    text: `WITH ${ASKED}, claimed AS (
      UPDATE public.job
      SET epoch = epoch + 1, owner = $2 || '/' || gen_random_uuid(), lease_until = now() + ${LEASE_MS} * interval '1 ms',
          started_at = COALESCE(started_at, now())
      -- By their ids, whatever the planner believes: out of date, it reads the index of all dispatched jobs instead.
      WHERE id = ANY (ARRAY (SELECT id FROM asked)) AND (id, dispatch_no) IN (SELECT id, dispatch_no FROM asked)
        AND COALESCE(dispatched_at IS NOT NULL AND finished_at IS NULL
          AND (lease_until IS NULL OR lease_until < now()) AND ${IS_DUE}
          -- One whose time ran out before it was started is ended by the sweep of limits, and is not started any more.
          AND (started_at IS NOT NULL OR COALESCE(LEAST(expires_at, deadline_at) > now(), true)), false)
      RETURNING *, ${SESSION_OF_JOB} AS session, ${ACCOUNT_OF_JOB} AS account
      ) SELECT claimed.* FROM claimed, ${WITHOUT_WAITING}`,
    values: [asked, worker, nemoTokenHash],
  });
  const claimed = new Map(rows.map((row) => [row.id, row]));
  const first = asks.map(({ jobId, dispatchNo }) => {
    const row = claimed.get(jobId);
    if (row?.dispatch_no !== dispatchNo) return null;
    claimed.delete(jobId);
    return row;
  });
  const later = first.includes(null) ? await findLater(db, asked) : new Map<string, number>();
  return asks.map(({ jobId, dispatchNo }, index): Claim => {
    const row = first[index];
    if (row) {
      const { session, account, ...job } = row;
      return { kind: 'claimed', job, session, account };
    }
    const forMs = later.get(`${jobId} ${dispatchNo}`);
    return forMs === undefined ? { kind: 'superseded' } : { kind: 'later', forMs };
  });
}

/** For how many ms these entries are not to be had, by job and number of the dispatch. */
async function findLater(db: Queryable, asked: string): Promise<Map<string, number>> {
  const { rows } = await db.query<{ entry: string; for_ms: number }>(
    `WITH ${ASKED} SELECT job.id || ' ' || job.dispatch_no AS entry,
       GREATEST(1, ceil(extract(epoch FROM GREATEST(lease_until, due_at) - now()) * 1000))::int AS for_ms
     FROM public.job JOIN asked USING (id, dispatch_no)
     WHERE job.id = ANY (ARRAY (SELECT id FROM asked)) AND finished_at IS NULL AND dispatched_at IS NOT NULL`,
    [asked],
  );
  return new Map(rows.map(({ entry, for_ms }) => [entry, for_ms]));
}

export type Beat = { jobId: string; owner: string | null; progress: Progress | null };
/** What a worker has to know of a job that is still its own. */
export type News = { cancelRequested: boolean; deadlinePassed: boolean };

/**
 * Renews the leases of all jobs that this process works on, in one statement, and stores their progress.
 * @returns news of those that are still ours, by id; a missing one was taken over or has ended.
 */
export async function heartbeat(db: Queryable, beats: readonly Beat[]): Promise<Map<string, News>> {
  const { rows } = await db.query<{ id: string } & News>({
    name: 'heartbeat',
    text: `WITH beat AS (
        SELECT * FROM json_to_recordset($1::json) AS beat(id text, owner text, progress json)
      )
      UPDATE public.job
      SET lease_until = now() + ${LEASE_MS} * interval '1 ms', progress = COALESCE(beat.progress, job.progress)
      FROM beat
      WHERE job.id = ANY (ARRAY (SELECT id FROM beat)) AND job.id = beat.id AND job.owner = beat.owner
        AND COALESCE(job.finished_at IS NULL AND job.lease_until IS NOT NULL, false)
      RETURNING job.id, job.cancel_requested_at IS NOT NULL AS "cancelRequested",
        COALESCE(job.deadline_at <= now(), false) AS "deadlinePassed"`,
    values: [JSON.stringify(beats.map(({ jobId, owner, progress }) => ({ id: jobId, owner, progress })))],
  });
  return new Map(rows.map(({ id, ...news }) => [id, news]));
}

/** Whether the deadline of a job has passed, by the database's clock. */
export async function isPastDeadline(db: Queryable, job: JobRecord): Promise<boolean> {
  if (job.deadline_at === null) return false;
  const { rows } = await db.query<{ past: boolean }>('SELECT $1::timestamptz <= now() AS past', [job.deadline_at]);
  return rows[0]?.past ?? false;
}

/** Milliseconds since the message of a job was committed as `sending`, by the database's clock. */
export async function msSinceSent(db: Queryable, jobId: string): Promise<number> {
  const { rows } = await db.query<{ ms: number }>(
    'SELECT (extract(epoch FROM now() - sent_at) * 1000)::float8 AS ms FROM public.job WHERE id = $1',
    [jobId],
  );
  return rows[0]?.ms ?? 0;
}
