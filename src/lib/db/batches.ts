import type { BatchRecord, BatchTally, SkippedItem } from '../domain/batch.ts';
import type { Charged, JobError, JobResult, JobStatus } from '../domain/job.ts';
import type { Queryable } from './database.ts';

/** All but the results of skipped items, which may be many. */
const COLUMNS = `id, tenant_id, skipped, max_concurrency, max_credits, webhook_url, metadata, created_at,
  cancel_requested_at, finished_at`;
/** Results read at once: each is a few kB. */
const RESULTS_A_PAGE = 200;

export async function insertBatch(
  db: Queryable,
  batch: Pick<BatchRecord, 'id' | 'tenant_id' | 'max_concurrency' | 'max_credits' | 'webhook_url' | 'metadata'>,
  skipped: readonly SkippedItem[],
): Promise<void> {
  await db.query(
    `INSERT INTO public.batch (id, tenant_id, skipped, skipped_items, max_concurrency, max_credits, webhook_url, metadata)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [
      batch.id,
      batch.tenant_id,
      skipped.length,
      JSON.stringify(skipped),
      batch.max_concurrency,
      batch.max_credits,
      batch.webhook_url,
      JSON.stringify(batch.metadata),
    ],
  );
}

/** A batch of the tenant; null where there is none. */
export async function findBatch(db: Queryable, tenantId: string, id: string): Promise<BatchRecord | null> {
  const { rows } = await db.query<BatchRecord>(`SELECT ${COLUMNS} FROM public.batch WHERE id = $1 AND tenant_id = $2`, [
    id,
    tenantId,
  ]);
  return rows[0] ?? null;
}

/** Up to `limit` batches of the tenant, newest first. */
export async function listBatches(
  db: Queryable,
  tenantId: string,
  page: { limit: number; before: string | null },
): Promise<BatchRecord[]> {
  const { rows } = await db.query<BatchRecord>(
    `SELECT ${COLUMNS} FROM public.batch WHERE tenant_id = $1 AND ($2::text IS NULL OR id < $2)
     ORDER BY id DESC LIMIT $3`,
    [tenantId, page.before, page.limit],
  );
  return rows;
}

/** Counts the jobs of batches. @returns a tally for each of the ids. */
export async function tallyBatches(db: Queryable, ids: readonly string[]): Promise<Map<string, BatchTally>> {
  const { rows } = await db.query<{ batch_id: string; status: JobStatus; jobs: number; credits: number }>(
    `SELECT batch_id, status, count(*)::int AS jobs, COALESCE(sum((cost->>'charged')::int), 0)::int AS credits
     FROM public.job WHERE batch_id = ANY($1) GROUP BY batch_id, status`,
    [ids],
  );
  const tallies = new Map<string, BatchTally>(ids.map((id) => [id, { jobs: {}, creditsUsed: 0 }]));
  for (const row of rows) {
    const tally = tallies.get(row.batch_id);
    if (!tally) continue;
    tally.jobs[row.status] = row.jobs;
    tally.creditsUsed += row.credits;
  }
  return tallies;
}

export type BatchResult = {
  custom_id: string | null;
  job_id: string | null;
  status: JobStatus | 'skipped';
  result: JobResult | null;
  error: JobError | null;
  charged: Charged;
};

/** What has come of a batch's items so far: first those that were skipped, then the ended jobs in their order. */
export async function* batchResults(db: Queryable, batchId: string): AsyncGenerator<BatchResult> {
  const skipped = await db.query<{ items: SkippedItem[] }>(
    'SELECT skipped_items AS items FROM public.batch WHERE id = $1',
    [batchId],
  );
  for (const { custom_id, error } of skipped.rows[0]?.items ?? []) {
    yield { custom_id, job_id: null, status: 'skipped', result: null, error, charged: 'no' };
  }
  let after = '';
  for (;;) {
    const { rows } = await db.query<BatchResult & { job_id: string }>(
      `SELECT custom_id, id AS job_id, status, result, error, charged FROM public.job
       WHERE batch_id = $1 AND id > $2 AND finished_at IS NOT NULL ORDER BY id LIMIT $3`,
      [batchId, after, RESULTS_A_PAGE],
    );
    yield* rows;
    const last = rows.at(-1);
    if (!last || rows.length < RESULTS_A_PAGE) return;
    after = last.job_id;
  }
}

/** Asks for the end of a batch. @returns false when it has ended already. */
export async function requestBatchCancel(db: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `UPDATE public.batch SET cancel_requested_at = COALESCE(cancel_requested_at, now())
     WHERE id = $1 AND finished_at IS NULL`,
    [id],
  );
  return rowCount === 1;
}

/** Readings carry the clock of the worker that made them; no clock is wrong by more. In h. */
const CLOCKS_DIFFER_H = 24;
/**
 * Of a row of `batch`: by how much the balances fell that its jobs have read, one after the other. The charges of jobs
 * that overlapped count the same credits again and again, each job's what all of them spent meanwhile.
 */
const FELL_BY = `(
  SELECT sum(GREATEST(before - total, 0)) FROM (
    SELECT available + frozen AS total,
      lag(available + frozen) OVER (PARTITION BY account_id ORDER BY at, id) AS before
    FROM public.credit_snapshot
    WHERE account_id IN (SELECT account_id FROM public.job WHERE batch_id = batch.id)
      AND at > batch.created_at - interval '${CLOCKS_DIFFER_H} hours'
      AND job_id IN (SELECT id FROM public.job WHERE batch_id = batch.id)
  ) AS reading)`;

/** Open batches of which something is left to be ended: cancelled ones, and those whose credits are used up. */
export async function findBatchesToStop(
  db: Queryable,
  ids: readonly string[],
): Promise<{ id: string; cancelled: boolean }[]> {
  const { rows } = await db.query<{ id: string; cancelled: boolean }>(
    `SELECT id, cancel_requested_at IS NOT NULL AS cancelled FROM public.batch
     WHERE id = ANY($1) AND finished_at IS NULL AND (
       cancel_requested_at IS NOT NULL
       -- The sum first: it is cheap, and no less. It decides alone where no reading was kept.
       OR CASE WHEN max_credits <= (SELECT sum((cost->>'charged')::int) FROM public.job WHERE batch_id = batch.id)
         THEN max_credits <= COALESCE(${FELL_BY}, max_credits) END)`,
    [ids],
  );
  return rows;
}

/** The batches that have not ended. */
export async function openBatches(db: Queryable): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>('SELECT id FROM public.batch WHERE finished_at IS NULL');
  return rows.map((row) => row.id);
}

const DONE = `finished_at IS NULL AND NOT EXISTS (
  SELECT 1 FROM public.job WHERE batch_id = batch.id AND status IN ('queued', 'waiting', 'running'))`;

/** Those of the batches that could be ended now. */
export async function doneBatches(db: Queryable, ids: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>(`SELECT id FROM public.batch WHERE id = ANY($1) AND ${DONE}`, [ids]);
  return rows.map((row) => row.id);
}

/** Ends a batch that has no open job. @returns the ended batch; null when it has one, or had ended before. */
export async function finishBatch(db: Queryable, id: string): Promise<BatchRecord | null> {
  const { rows } = await db.query<BatchRecord>(
    `UPDATE public.batch SET finished_at = now() WHERE id = $1 AND ${DONE} RETURNING ${COLUMNS}`,
    [id],
  );
  return rows[0] ?? null;
}
