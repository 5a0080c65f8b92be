import type pg from 'pg';
import { insertBatch } from '../db/batches.ts';
import { type Queryable, transaction } from '../db/database.ts';
import { claimKey, type RequestKey } from '../db/idempotency-keys.ts';
import { insertManyJobs, type JobInsert, type NewJob, ownSession } from '../db/insert-jobs.ts';
import type { SkippedItem } from '../domain/batch.ts';
import { newId } from '../ids.ts';
import { keepAssets, takePlaces } from './hold-for-jobs.ts';
import { whyNot } from './submit-job.ts';

/** Rows of one statement: long enough to be quick, short enough to be planned and parsed without a pause. */
const CHUNK = 1_000;

export type NewBatch = {
  tenantId: string;
  /** The items that are taken; `index`: their places in the request. */
  items: readonly { index: number; customId: string; job: NewJob }[];
  skipped: readonly SkippedItem[];
  maxConcurrency: number | null;
  maxCredits: number | null;
  webhookUrl: string | null;
  metadata: Record<string, string>;
};

/**
 * Accepts a batch with all its jobs, in one commit. Throws a Problem when an asset, session or client reference has
 * gone since they were checked, and KeyTaken. @returns its id.
 */
export function submitBatch(pool: pg.Pool, batch: NewBatch, key: RequestKey | null): Promise<string> {
  const id = newId('bat');
  const capped = batch.maxConcurrency !== null;
  const jobs = batch.items.map(({ index, customId, job }) => ({
    id: newId('job'),
    job,
    key: null,
    item: { batchId: id, customId, capped },
    pointer: `/jobs/${index}`,
  }));
  return transaction(pool, async (client) => {
    await claimKey(client, key, [id]);
    await insertBatch(
      client,
      {
        id,
        tenant_id: batch.tenantId,
        max_concurrency: batch.maxConcurrency,
        max_credits: batch.maxCredits,
        webhook_url: batch.webhookUrl,
        metadata: batch.metadata,
      },
      batch.skipped,
    );
    await keepAssets(client, batch.tenantId, jobs);
    const places = await takePlaces(client, batch.tenantId, jobs);
    const inserts = jobs.map((job) => ({ ...job, place: places.get(job.id) ?? ownSession() }));
    for (let start = 0; start < inserts.length; start += CHUNK) {
      await insertChunk(client, inserts.slice(start, start + CHUNK));
    }
    return id;
  });
}

/** All of them, or none of the batch. */
async function insertChunk(client: Queryable, inserts: readonly JobInsert[]): Promise<void> {
  const stored = await insertManyJobs(client, inserts);
  const missing = inserts.find(({ id }) => !stored.has(id));
  if (missing) throw await whyNot(client, missing);
}
