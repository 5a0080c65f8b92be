import type pg from 'pg';
import { now } from '../clock.ts';
import { type IdPrefix, lowestIdAt } from '../ids.ts';
import { type Queryable, transaction } from './database.ts';

/** A batch goes with the last of its jobs: until then, its results are there. */
const BATCH_IS_OVER = 'finished_at IS NOT NULL AND NOT EXISTS (SELECT FROM public.job WHERE job.batch_id = batch.id)';
/** Records of what happened; each is worth nothing without a reader, and none is referred to by what is open. */
const RECORDS = [
  { table: 'webhook_attempt', prefix: 'att', only: 'true', kept: 'eventsMs' },
  { table: 'webhook_message', prefix: 'msg', only: "status <> 'pending'", kept: 'eventsMs' },
  { table: 'event', prefix: 'evt', only: 'true', kept: 'eventsMs' },
  { table: 'credit_snapshot', prefix: 'snap', only: 'true', kept: 'jobsMs' },
  { table: 'batch', prefix: 'bat', only: BATCH_IS_OVER, kept: 'jobsMs' },
] as const satisfies { table: string; prefix: IdPrefix; only: string; kept: keyof Keep }[];

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
  for (const { table, prefix, only, kept } of RECORDS) {
    const { rowCount } = await db.query(
      `DELETE FROM public.${table} WHERE id IN (
         SELECT id FROM public.${table} WHERE id < $1 AND ${only} ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [lowestIdAt(prefix, new Date(now().getTime() - keep[kept])), limit],
    );
    removed += rowCount ?? 0;
    more ||= rowCount === limit;
  }
  return { removed, more };
}

/**
 * Removes up to `limit` jobs that ended more than `keepMs` ago, with their renders. `removeFiles` removes the finished
 * files that we store and gives the keys that are gone; a job whose file stays is left for another round.
 * @returns how many were found and how many are gone.
 */
export function removeJobs(
  pool: pg.Pool,
  keepMs: number,
  limit: number,
  removeFiles: (keys: string[]) => Promise<Set<string>>,
): Promise<{ found: number; removed: number }> {
  return transaction(pool, async (client) => {
    const border = lowestIdAt('job', new Date(now().getTime() - keepMs));
    const { rows: jobs } = await client.query<{ id: string }>(
      `SELECT id FROM public.job WHERE id < $1 AND finished_at < now() - $2 * interval '1 ms'
       ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED`,
      [border, keepMs, limit],
    );
    const ids = jobs.map(({ id }) => id);
    const { rows: files } = await client.query<{ job_id: string; stored_key: string }>(
      'SELECT job_id, stored_key FROM public.render WHERE job_id = ANY($1) AND stored_key IS NOT NULL',
      [ids],
    );
    const gone = files.length > 0 ? await removeFiles(files.map((file) => file.stored_key)) : new Set<string>();
    const kept = new Set(files.filter((file) => !gone.has(file.stored_key)).map((file) => file.job_id));
    const removable = ids.filter((id) => !kept.has(id));
    await client.query('DELETE FROM public.render WHERE job_id = ANY($1)', [removable]);
    await client.query('DELETE FROM public.job WHERE id = ANY($1)', [removable]);
    return { found: ids.length, removed: removable.length };
  });
}
