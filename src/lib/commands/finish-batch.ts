import type pg from 'pg';
import { finishBatch, tallyBatches } from '../db/batches.ts';
import { type Queryable, transaction } from '../db/database.ts';
import { type BatchRecord, batchView } from '../domain/batch.ts';
import { newId } from '../ids.ts';

const TYPE = 'batch.completed';

/** Ends a batch if none of its jobs is open, and tells its webhook, in one commit; once, whoever asks how often. */
export function finishIfDone(pool: pg.Pool, batchId: string): Promise<boolean> {
  return transaction(pool, async (client) => {
    const batch = await finishBatch(client, batchId);
    if (batch) await tell(client, batch);
    return batch !== null;
  });
}

async function tell(client: Queryable, batch: BatchRecord): Promise<void> {
  const tally = (await tallyBatches(client, [batch.id])).get(batch.id) ?? { jobs: {}, creditsUsed: 0 };
  const eventId = newId('evt');
  await client.query('INSERT INTO public.event (id, tenant_id, type, body) VALUES ($1, $2, $3, $4)', [
    eventId,
    batch.tenant_id,
    TYPE,
    JSON.stringify(batchView(batch, tally)),
  ]);
  if (batch.webhook_url === null) return;
  await client.query(
    'INSERT INTO public.webhook_message (id, tenant_id, event_id, url, event_type) VALUES ($1, $2, $3, $4, $5)',
    [newId('msg'), batch.tenant_id, eventId, batch.webhook_url, TYPE],
  );
}
