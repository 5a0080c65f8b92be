import { z } from 'zod';
import { PUBLIC_EVENTS } from '../../lib/domain/event-types.ts';
import { metadata } from './jobs.ts';
import { listQuery } from './list.ts';

/** The contract's. */
const MAX_ITEMS = 10_000;
const MAX_CUSTOM_ID = 255;
/** More than one worker holds at once; a column holds as much. */
const MAX_CONCURRENCY = 100_000;
const MAX_CREDITS = 1_000_000_000;

/** The body of `POST /v1/batches`. Its jobs are checked one by one (prepare-batch.ts). */
export const SubmitBatch = z.strictObject({
  jobs: z.array(z.unknown()).min(1, 'At least one job.').max(MAX_ITEMS, `At most ${MAX_ITEMS} jobs.`),
  on_invalid: z.enum(['reject', 'skip']).default('reject'),
  max_concurrency: z.int().min(1).max(MAX_CONCURRENCY).nullish(),
  max_credits: z.int().min(1).max(MAX_CREDITS).nullish(),
  webhook: z
    .strictObject({
      url: z.string().min(1),
      events: z
        .array(z.enum([...PUBLIC_EVENTS, 'batch.completed']))
        .max(PUBLIC_EVENTS.length + 1)
        .default([]),
    })
    .nullish(),
  metadata,
});
export type SubmitBatch = z.output<typeof SubmitBatch>;

export const CustomId = z.string().min(1).max(MAX_CUSTOM_ID);

export const ListBatches = listQuery('bat');

export const BatchParams = z.object({ id: z.string() });
