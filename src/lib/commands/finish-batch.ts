import type pg from 'pg';
import { finishBatch, tallyBatches } from '../db/batches.ts';
import { type Queryable, transaction } from '../db/database.ts';
import { writeTenantEvent } from '../db/tenant-events.ts';
import { type BatchRecord, batchView } from '../domain/batch.ts';

/** Ends a batch if none of its jobs is open, and tells its webhooks, in one commit; once, whoever asks how often. */
export function finishIfDone(pool: pg.Pool, batchId: string): Promise<boolean> {
  return transaction(pool, async (client) => {
    const batch = await finishBatch(client, batchId);
    if (batch) await tell(client, batch);
    return batch !== null;
  });
}

async function tell(client: Queryable, batch: BatchRecord): Promise<void> {
  const tally = (await tallyBatches(client, [batch.id])).get(batch.id) ?? { jobs: {}, creditsUsed: 0 };
  await writeTenantEvent(client, {
    tenantId: batch.tenant_id,
    type: 'batch.completed',
    body: batchView(batch, tally),
    ownUrl: batch.webhook_url,
  });
}
