import { setImmediate as nextTurn } from 'node:timers/promises';
import type pg from 'pg';
import { insertBatch } from '../db/batches.ts';
import { transaction } from '../db/database.ts';
import { claimKey, type RequestKey } from '../db/idempotency-keys.ts';
import { insertBatchJobs, insertFreeJobs, type NewJob, ownSession, writeBatchJob } from '../db/insert-jobs.ts';
import { JsonRows } from '../db/json-rows.ts';
import type { SkippedItem } from '../domain/batch.ts';
import { newId } from '../ids.ts';
import { keepAssets, takePlaces } from './hold-for-jobs.ts';
import { whyNot } from './submit-job.ts';

/** Rows of one statement: long enough to be quick, short enough to be planned and parsed without a pause. */
const CHUNK = 1_000;
/** Of the first one: Postgres has nothing to do until it is written out. */
const FIRST_CHUNK = 100;
/** Rows that are written out in one go: others of this process get their turn in between. */
const ROWS_A_TURN = 25;

/** An item that is taken. Its job stays as it was written down until it is stored: `read` makes it of that. */
export type NewItem = {
  /** Its place in the request. */
  index: number;
  customId: string;
  job: string;
  clientReference: string | null;
  /** Whether the job names files, a session or a client reference. */
  refers: boolean;
};

export type NewBatch = {
  tenantId: string;
  requestId: string;
  traceparent: string | null;
  items: readonly NewItem[];
  read(item: NewItem): NewJob;
  skipped: readonly SkippedItem[];
  maxConcurrency: number | null;
  maxCredits: number | null;
  webhookUrl: string | null;
  metadata: Record<string, string>;
};

type Asked = { id: string; item: NewItem };

/**
 * Accepts a batch with all its jobs, in one commit. Throws a Problem when an asset, session or client reference has
 * gone since they were checked, and KeyTaken. @returns its id.
 */
export function submitBatch(pool: pg.Pool, batch: NewBatch, key: RequestKey | null): Promise<string> {
  const { tenantId, requestId, traceparent, read } = batch;
  const id = newId('bat');
  const common = { batchId: id, capped: batch.maxConcurrency !== null, tenantId, requestId, traceparent };
  const asked = batch.items.map((item): Asked => ({ id: newId('job'), item }));
  return transaction(pool, async (client) => {
    await claimKey(client, key, [id]);
    await insertBatch(
      client,
      {
        id,
        tenant_id: tenantId,
        max_concurrency: batch.maxConcurrency,
        max_credits: batch.maxCredits,
        webhook_url: batch.webhookUrl,
        metadata: batch.metadata,
      },
      batch.skipped,
    );
    const referring = asked.flatMap(({ id, item }) =>
      item.refers ? { id, job: read(item), pointer: `/jobs/${item.index}` } : [],
    );
    await keepAssets(client, tenantId, referring);
    const places = await takePlaces(client, tenantId, referring);

    const write = async (chunk: readonly Asked[], rows: JsonRows): Promise<void> => {
      rows.clear();
      for (const [index, { id: jobId, item }] of chunk.entries()) {
        if (index % ROWS_A_TURN === 0) await nextTurn();
        const place = places.get(jobId) ?? ownSession();
        rows.add(writeBatchJob({ id: jobId, job: read(item), place, customId: item.customId }));
      }
    };
    /** All of them, or none of the batch. */
    const store = async (chunk: readonly Asked[], rows: JsonRows): Promise<void> => {
      if (chunk.length === 0) return;
      if (chunk.every(({ item }) => item.clientReference === null)) return insertFreeJobs(client, rows.list(), common);
      const stored = await insertBatchJobs(client, rows.list(), common);
      const missing = chunk.find(({ id }) => !stored.has(id));
      if (missing) throw await whyNot(client, { id: missing.id, job: read(missing.item), key: null });
    };

    let [rows, nextRows] = [new JsonRows(), new JsonRows()];
    let chunk: readonly Asked[] = [];
    for (const next of chunksOf(inOrderOfReferences(asked))) {
      // To write out the next ones takes as long as to store these.
      await Promise.all([write(next, nextRows), store(chunk, rows)]);
      chunk = next;
      [rows, nextRows] = [nextRows, rows];
    }
    await store(chunk, rows);
    return id;
  });
}

function* chunksOf(asked: readonly Asked[]): Generator<readonly Asked[]> {
  yield asked.slice(0, FIRST_CHUNK);
  for (let start = FIRST_CHUNK; start < asked.length; start += CHUNK) yield asked.slice(start, start + CHUNK);
}

/**
 * As every statement takes client references (db/insert-jobs.ts), by their bytes and those without one last: so that a
 * batch of several statements and another request cannot wait for each other.
 */
function inOrderOfReferences(asked: readonly Asked[]): readonly Asked[] {
  const bytesOf = ({ item }: Asked) => Buffer.from(item.clientReference ?? '');
  const named = asked.filter(({ item }) => item.clientReference !== null);
  if (named.length === 0) return asked;
  return [
    ...named.sort((a, b) => Buffer.compare(bytesOf(a), bytesOf(b))),
    ...asked.filter(({ item }) => item.clientReference === null),
  ];
}
