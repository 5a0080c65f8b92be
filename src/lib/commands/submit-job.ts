import type pg from 'pg';
import { type Queryable, transaction } from '../db/database.ts';
import { findKey, KeyTaken, type RequestKey } from '../db/idempotency-keys.ts';
import { assetIdsOf, insertJobs, type JobInsert, type NewJob, ownSession } from '../db/insert-jobs.ts';
import type { QueueRoom } from '../db/queue-room.ts';
import { shareStatements } from '../db/share-statements.ts';
import type { ShownJob } from '../domain/job-view.ts';
import { Problem } from '../errors.ts';
import { newId } from '../ids.ts';
import { keepAssets, takePlaces } from './hold-for-jobs.ts';

/** Jobs of one statement: it stays below some 20 ms, and the next ones wait no longer. */
const MAX_JOBS = 100;
/** Statements at once: while one is being committed, another is being prepared. */
const MAX_STATEMENTS = 2;

export type Submit = (job: NewJob, key: RequestKey | null) => Promise<ShownJob>;

/**
 * Accepts jobs: each job's row, its first event, its idempotency key and, where it brings no session, a new session,
 * in one commit. Jobs that come at the same time share a statement.
 * `submit` throws a Problem when the session or an asset is not the tenant's or the client reference is in use, or the
 * tenant has no room for it; and KeyTaken when a request with the same key was first.
 */
export function createSubmission(pool: pg.Pool, room: QueueRoom): { submit: Submit; flush(): Promise<void> } {
  const shared = shareStatements<JobInsert, ShownJob>({
    maxItems: MAX_JOBS,
    maxAtOnce: MAX_STATEMENTS,
    run: (inserts) => insertAll(pool, inserts),
  });
  return {
    submit(job, key) {
      const asked = { id: newId('job'), job, key };
      return room.within(job.tenantId, 1, () =>
        needsTransaction(asked) ? submitAlone(pool, asked) : shared.add({ ...asked, place: ownSession() }),
      );
    },
    flush: shared.flush,
  };
}

type Asked = Omit<JobInsert, 'place'>;

/** It takes locks of others' rows, or can lose twice: then what it has taken must be given back. */
function needsTransaction({ job, key }: Asked): boolean {
  return job.sessionId !== null || assetIdsOf(job.input).length > 0 || (key !== null && job.clientReference !== null);
}

async function insertAll(pool: pg.Pool, inserts: readonly JobInsert[]): Promise<(ShownJob | Error)[]> {
  const stored = await insertJobs(pool, inserts);
  return Promise.all(inserts.map((insert) => stored.get(insert.id) ?? whyNot(pool, insert)));
}

/** A job of a session that another one holds waits for its turn. */
function submitAlone(pool: pg.Pool, asked: Asked): Promise<ShownJob> {
  return transaction(pool, async (client) => {
    await keepAssets(client, asked.job.tenantId, [{ job: asked.job, pointer: '' }]);
    const places = await takePlaces(client, asked.job.tenantId, [{ ...asked, pointer: '' }]);
    const insert = { ...asked, place: places.get(asked.id) ?? ownSession() };
    const job = (await insertJobs(client, [insert])).get(asked.id) ?? (await whyNot(client, insert));
    if (job instanceof Error) throw job;
    return job;
  });
}

/** Why a job was not inserted. It is there already when an earlier try was committed and only its answer was lost. */
export async function whyNot(
  db: Queryable,
  { id, job, key }: Pick<JobInsert, 'id' | 'job' | 'key'>,
): Promise<ShownJob | Error> {
  const claimed = key && (await findKey(db, key));
  if (key && claimed && claimed.resource_ids[0] !== id) return new KeyTaken(`the key was taken for ${key.route}`);
  const { rows } = await db.query<ShownJob>(
    'SELECT * FROM public.job WHERE id = $1 OR (tenant_id = $2 AND client_reference = $3)',
    [id, job.tenantId, job.clientReference],
  );
  const own = rows.find((row) => row.id === id);
  if (own) return own;
  const first = rows[0];
  // It had expired, and was freed by the look.
  if (!first && key) return new KeyTaken(`the key was taken for ${key.route} until now`);
  if (!first) return new Error(`${id} was not stored, and nothing was in its way`);
  const detail = `${first.id} has the client reference ${JSON.stringify(job.clientReference)}.`;
  return new Problem('client_reference_used', detail, { existing: `/v1/jobs/${first.id}` });
}
