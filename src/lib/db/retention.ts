import { now } from '../clock.ts';
import { PULLED_EVENTS } from '../domain/event-types.ts';
import { type IdPrefix, lowestIdAt } from '../ids.ts';
import type { Queryable } from './database.ts';

/** A batch goes with the last of its jobs: until then, its results are there. */
const BATCH_IS_OVER = 'finished_at IS NOT NULL AND NOT EXISTS (SELECT FROM public.job WHERE job.batch_id = batch.id)';
/**
 * A session goes after the last of its jobs, with its uploads: nobody has worked in it for as long as those are kept. One
 * that has a name is the client's to keep.
 */
const SESSION_IS_OVER = `name IS NULL AND holder_job_id IS NULL AND (turn_open_until IS NULL OR turn_open_until < now())
  AND NOT EXISTS (SELECT FROM public.job WHERE job.session_id = session.id)`;
const UPLOADS_TOO = ', uploads AS (DELETE FROM public.upload WHERE session_id IN (SELECT id FROM gone))';
const PULLED = `('${PULLED_EVENTS.join("', '")}')`;
/**
 * An event that is pulled stays until the next one of its tenant is too old as well ($1): the last one that a client has
 * seen is its cursor, however long nothing happens.
 */
const NO_CURSOR = `(type NOT IN ${PULLED} OR (
  SELECT id FROM public.event AS next
  WHERE next.tenant_id = event.tenant_id AND (next.txid, next.id) > (event.txid, event.id) AND next.type IN ${PULLED}
  ORDER BY next.txid, next.id LIMIT 1) < $1)`;
/** Records of what happened; each is worth nothing without a reader, and none is referred to by what is open. */
const RECORDS = [
  { table: 'webhook_attempt', prefix: 'att', only: 'true', kept: 'eventsMs', along: '' },
  { table: 'webhook_message', prefix: 'msg', only: "status <> 'pending'", kept: 'eventsMs', along: '' },
  { table: 'event', prefix: 'evt', only: NO_CURSOR, kept: 'eventsMs', along: '' },
  { table: 'credit_snapshot', prefix: 'snap', only: 'true', kept: 'jobsMs', along: '' },
  { table: 'batch', prefix: 'bat', only: BATCH_IS_OVER, kept: 'jobsMs', along: '' },
  { table: 'session', prefix: 'ses', only: SESSION_IS_OVER, kept: 'jobsMs', along: UPLOADS_TOO },
] as const satisfies { table: string; prefix: IdPrefix; only: string; kept: keyof Keep; along: string }[];

/** How long what is over is kept, in ms. */
export type Keep = { eventsMs: number; jobsMs: number };

/**
 * Removes records that are older than they are kept, by their ids, which sort by time: at most `limit` of each kind, so
 * that no statement holds locks for long. Several may run at once.
 * @returns how many are gone, and whether there may be more.
 */
export async function removeRecords(
  db: Queryable,
  keep: Keep,
  limit: number,
): Promise<{ removed: number; more: boolean }> {
  let removed = 0;
  let more = false;
  for (const { table, prefix, only, kept, along } of RECORDS) {
    const { rowCount } = await db.query(
      `WITH gone AS (
         DELETE FROM public.${table} WHERE id IN (
           SELECT id FROM public.${table} WHERE id < $1 AND ${only} ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)
         RETURNING id
       ) ${along}
       SELECT FROM gone`,
      [lowestIdAt(prefix, new Date(now().getTime() - keep[kept])), limit],
    );
    removed += rowCount ?? 0;
    more ||= rowCount === limit;
  }
  return { removed, more };
}

/**
 * Removes jobs that ended more than `keepMs` ago, with their renders, oldest first: up to `limit` behind the job `after`
 * ('': from the first on). `removeFiles` removes the finished files that we store and gives the keys that are gone; a
 * job whose file stays, stays. No transaction is open meanwhile: a store may take its time. Several may run at once.
 * @returns how many are gone, and the last job that was looked at; null where there is no other behind it.
 */
export async function removeJobs(
  db: Queryable,
  { keepMs, after, limit }: { keepMs: number; after: string; limit: number },
  removeFiles: (keys: string[]) => Promise<Set<string>>,
): Promise<{ removed: number; last: string | null }> {
  const { rows: jobs } = await db.query<{ id: string }>(
    `SELECT id FROM public.job WHERE id < $1 AND id > $2 AND finished_at < now() - $3 * interval '1 ms'
     ORDER BY id LIMIT $4`,
    [lowestIdAt('job', new Date(now().getTime() - keepMs)), after, keepMs, limit],
  );
  const ids = jobs.map(({ id }) => id);
  await removeOutputs(db, ids, removeFiles);
  const { rowCount } = await db.query(
    `WITH over AS (
       SELECT id FROM public.job
       WHERE id = ANY($1) AND NOT EXISTS (
         SELECT FROM public.render WHERE render.job_id = job.id AND stored_key IS NOT NULL)
       ORDER BY id FOR UPDATE SKIP LOCKED
     ), renders AS (
       DELETE FROM public.render WHERE job_id IN (SELECT id FROM over)
     )
     DELETE FROM public.job WHERE id IN (SELECT id FROM over)`,
    [ids],
  );
  return { removed: rowCount ?? 0, last: ids.length === limit ? (ids.at(-1) ?? null) : null };
}

async function removeOutputs(
  db: Queryable,
  jobIds: string[],
  removeFiles: (keys: string[]) => Promise<Set<string>>,
): Promise<void> {
  const { rows: files } = await db.query<{ id: string; stored_key: string }>(
    'SELECT id, stored_key FROM public.render WHERE job_id = ANY($1) AND stored_key IS NOT NULL',
    [jobIds],
  );
  if (files.length === 0) return;
  const gone = await removeFiles(files.map((file) => file.stored_key));
  const forgotten = files.filter((file) => gone.has(file.stored_key)).map((file) => file.id);
  // By the render and not by its job: a retry may have taken it over meanwhile, and then copies the film anew.
  await db.query('UPDATE public.render SET stored_key = NULL WHERE id = ANY($1)', [forgotten]);
}
