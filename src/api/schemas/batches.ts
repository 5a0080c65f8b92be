import { z } from 'zod';
import { PUBLIC_EVENTS } from '../../lib/domain/event-types.ts';
import { JOB_STATUSES, TERMINAL_STATUSES } from '../../lib/domain/job.ts';
import { listOf, moment, oneOf, refTo } from './answer.ts';
import { boundedText } from './bounded.ts';
import { JobError, JobResult } from './job-answers.ts';
import { ExportJob, GenerateJob, metadata, UploadJob } from './jobs.ts';
import { listQuery, pathOf } from './list.ts';

/** The contract's. */
export const MAX_ITEMS = 10_000;
const MAX_CUSTOM_ID = 255;
/** More than one worker holds at once; a column holds as much. */
const MAX_CONCURRENCY = 100_000;
const MAX_CREDITS = 1_000_000_000;

export const CustomId = boundedText(MAX_CUSTOM_ID, 1);

const named = { custom_id: CustomId.describe('Your own name for it, unique within the batch.') };

/** What the OpenAPI document says of an item; what checks it is in sent-items.ts. */
export const BatchItem = z
  .discriminatedUnion('type', [GenerateJob.extend(named), UploadJob.extend(named), ExportJob.extend(named)])
  .meta({
    id: 'BatchItem',
    description: 'A job as `POST /v1/jobs` takes it, with your own name for it.',
    examples: [{ custom_id: 'a-1', type: 'generate', prompt: 'A red fox' }],
  });

/** Items have been checked one by one, while they arrived: a list of 10,000 takes a while. */
const item = z.unknown().meta(refTo(BatchItem, 'Input'));

/** The body of `POST /v1/batches`. Its jobs have been checked one by one (sent-items.ts). */
export const SubmitBatch = z
  .strictObject({
    jobs: z
      .array(item)
      .min(1, 'At least one job.')
      .max(MAX_ITEMS, `At most ${MAX_ITEMS} jobs.`)
      .describe('The jobs; all are checked before any is stored.'),
    on_invalid: z
      .enum(['reject', 'skip'])
      .default('reject')
      .describe('`reject`: one bad job and nothing is stored; `skip`: the good ones are taken.'),
    max_concurrency: z.int().min(1).max(MAX_CONCURRENCY).nullish().describe('How many of them run at once.'),
    max_credits: z
      .int()
      .min(1)
      .max(MAX_CREDITS)
      .nullish()
      .describe('When they have cost so much, the rest is canceled; running ones may overshoot.'),
    webhook: z
      .strictObject({
        url: z.string().min(1).describe('Where it is sent: https, a public address.'),
        events: z
          .array(z.enum([...PUBLIC_EVENTS, 'batch.completed']))
          .max(PUBLIC_EVENTS.length + 1)
          .default([])
          .describe('What is told of; none: only the end of the batch.'),
      })
      .nullish()
      .describe("Who is told, signed with the tenant's secret: GET /v1/webhook-secret."),
    metadata,
  })
  .meta({ examples: [{ jobs: [{ custom_id: 'a-1', type: 'generate', prompt: 'A red fox' }], max_credits: 500 }] });
export type SubmitBatch = z.output<typeof SubmitBatch>;

/** The options of a batch of lines, as the document shows them: texts of an address; they are read in read-ndjson.ts. */
export const BatchOptions = z.object({
  on_invalid: SubmitBatch.shape.on_invalid,
  max_concurrency: SubmitBatch.shape.max_concurrency,
  max_credits: SubmitBatch.shape.max_credits,
  webhook: z.string().optional().describe('Its URL, or the object as JSON.'),
  metadata: z.string().optional().describe('The object as JSON.'),
});

export const BatchResult = z
  .object({
    custom_id: z.string().nullable().describe("The client's name for it; null for a bad item without one."),
    job_id: z.string().nullable().describe('The job; null for an item that was skipped.'),
    status: oneOf(...TERMINAL_STATUSES, 'skipped').describe('How it ended.'),
    result: JobResult.nullable().describe('What came of it.'),
    error: JobError.extend({
      code: z.string().describe('As that of a job; `validation_failed` for an item that was skipped.'),
    })
      .nullable()
      .describe('Why it failed, or was skipped.'),
    charged: oneOf('yes', 'no', 'unknown').describe('Whether it cost credits.'),
  })
  .meta({ id: 'BatchResult', description: 'What came of one item of a batch.' });

export const ListBatches = listQuery('bat');

export const BatchParams = pathOf('bat');

const count = z.int().describe('How many jobs.');

export const Batch = z
  .object({
    id: z.string().describe('`bat_…`'),
    object: z.literal('batch').describe('Always `batch`.'),
    status: z.enum(['in_progress', 'canceling', 'completed', 'canceled']).describe('The last two are final.'),
    counts: z
      .object({
        total: z.int().describe('All that were sent.'),
        ...shape(JOB_STATUSES, count),
        skipped: z.int().describe('Those that were refused.'),
      })
      .describe('How many of its jobs have which status.'),
    credits_used: z
      .int()
      .describe(
        "The sum of its jobs' `cost.charged`: an upper bound where jobs overlapped, whose charges are such bounds.",
      ),
    max_concurrency: z.int().nullable().describe('How many of them run at once.'),
    max_credits: z
      .int()
      .nullable()
      .describe('What they may cost together: by the balances that its jobs have read, where `credits_used` is more.'),
    metadata: z.record(z.string(), z.string()).describe('As the client gave them.'),
    created_at: moment.describe('When it was accepted.'),
    finished_at: moment.nullable().describe('When the last of its jobs ended.'),
    links: z
      .object({
        self: z.string().describe('The batch.'),
        results: z.string().describe('What came of its jobs.'),
        cancel: z.string().describe('POST here to cancel it.'),
      })
      .describe('Addresses, relative to this one.'),
  })
  .meta({ id: 'Batch', description: 'Many jobs of one request.' });

export const BatchList = listOf('BatchList', Batch);

function shape<Name extends string, Schema>(names: readonly Name[], schema: Schema): Record<Name, Schema> {
  return Object.fromEntries(names.map((name) => [name, schema])) as Record<Name, Schema>;
}
