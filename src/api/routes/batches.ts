import { Readable } from 'node:stream';
import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { finishIfDone } from '../../lib/commands/finish-batch.ts';
import { stopBatches } from '../../lib/commands/stop-batch.ts';
import { submitBatch } from '../../lib/commands/submit-batch.ts';
import { batchResults, findBatch, listBatches, requestBatchCancel, tallyBatches } from '../../lib/db/batches.ts';
import { type BatchRecord, batchView } from '../../lib/domain/batch.ts';
import { Problem } from '../../lib/errors.ts';
import { isId } from '../../lib/ids.ts';
import type { ApiDeps } from '../deps.ts';
import { prepareBatch } from '../prepare-batch.ts';
import { readBatch, readBatchLines } from '../read-batch.ts';
import { otherThanJson } from '../schemas/answer.ts';
import {
  Batch,
  BatchItem,
  BatchList,
  BatchOptions,
  BatchParams,
  BatchResult,
  ListBatches,
  SubmitBatch,
} from '../schemas/batches.ts';
import { listView } from '../schemas/list.ts';

const NDJSON = 'application/x-ndjson';

const docs = {
  submit: {
    operationId: 'submitBatch',
    tags: ['Batches'],
    summary: 'Submit many jobs',
    description:
      'Up to 10,000 jobs, checked whole. As `application/x-ndjson` there is a job a line, and the other fields are in the query, which is not read with `application/json`.',
    body: SubmitBatch,
    response: { 202: Batch.describe('The batch is stored.') },
  },
  list: {
    operationId: 'listBatches',
    tags: ['Batches'],
    summary: 'List the batches',
    querystring: ListBatches,
    response: { 200: BatchList },
  },
  get: {
    operationId: 'getBatch',
    tags: ['Batches'],
    summary: 'Show a batch',
    params: BatchParams,
    response: { 200: Batch },
  },
  results: {
    operationId: 'getBatchResults',
    tags: ['Batches'],
    summary: 'Read what came of the jobs',
    params: BatchParams,
    response: {
      200: otherThanJson('A line for every job that has ended, as far as they have.', {
        [NDJSON]: BatchResult,
      }),
    },
  },
  cancel: {
    operationId: 'cancelBatch',
    tags: ['Batches'],
    summary: 'Cancel a batch',
    description: 'What has ended is kept, what runs is canceled as jobs are.',
    params: BatchParams,
    response: { 200: Batch.describe('It is canceled.'), 202: Batch.describe('It is being canceled.') },
  },
};
const SUBMIT_CONFIG = {
  takes: ['idempotency-key'],
  gives: ['location'],
  problems: ['queue_full', 'client_reference_used'],
  lines: { type: NDJSON, of: BatchItem, options: BatchOptions },
} as const;
const CANCEL_CONFIG = { unlimited: true, problems: ['job_already_terminal'] } as const;

/** Many jobs in one request. */
export const batchRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, deps) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  const { db, once, room, maxBatchBytes } = deps;

  app.register(async (submits) => {
    submits.removeContentTypeParser('application/json');
    submits.addContentTypeParser('application/json', readBatch(maxBatchBytes));
    submits.addContentTypeParser(NDJSON, readBatchLines(maxBatchBytes));
    submits
      .withTypeProvider<ZodTypeProvider>()
      .post('/batches', { schema: docs.submit, config: SUBMIT_CONFIG }, async (request, reply) => {
        const id = await once(request, reply, {
          looksFirst: true,
          async create(key) {
            const batch = await prepareBatch(deps, request, request.body);
            const id = await room.within(request.tenantId, batch.items.length, () => submitBatch(db.pool, batch, key));
            // All were skipped: nothing will come that could end it.
            if (batch.items.length === 0) await finishIfDone(db.pool, id);
            return id;
          },
          again: async ([created = '']) => created,
        });
        deps.wake();
        reply.code(202).header('location', `/v1/batches/${id}`);
        return view(await find(request.tenantId, id));
      });
  });

  app.get('/batches', { schema: docs.list }, async (request) => {
    const { limit, starting_after = null } = request.query;
    const rows = await listBatches(db.pool, request.tenantId, { limit: limit + 1, before: starting_after });
    const page = listView(rows, request.query, (row) => row);
    const tallies = await tallyBatches(
      db.pool,
      page.data.map((row) => row.id),
    );
    return { ...page, data: page.data.map((row) => batchView(row, tallies.get(row.id) ?? NO_JOBS)) };
  });

  app.get('/batches/:id', { schema: docs.get }, async (request) =>
    view(await find(request.tenantId, request.params.id)),
  );

  app.get('/batches/:id/results', { schema: docs.results }, async (request, reply) => {
    const { id } = await find(request.tenantId, request.params.id);
    return reply.type(NDJSON).send(Readable.from(lines(batchResults(db.pool, id))));
  });

  app.post('/batches/:id/cancel', { schema: docs.cancel, config: CANCEL_CONFIG }, async (request, reply) => {
    const batch = await find(request.tenantId, request.params.id);
    if (await requestBatchCancel(db.pool, batch.id)) {
      // What this process does not get done is taken up by the workers.
      await stopBatches(db.pool, [batch.id]);
      await finishIfDone(db.pool, batch.id);
    }
    const now = await view(await find(request.tenantId, batch.id));
    if (now.status === 'completed') throw new Problem('job_already_terminal', 'The batch is complete.');
    return reply.code(now.status === 'canceled' ? 200 : 202).send(now);
  });

  async function find(tenantId: string, id: string): Promise<BatchRecord> {
    const batch = isId(id, 'bat') ? await findBatch(db.pool, tenantId, id) : null;
    if (!batch) throw new Problem('not_found', 'There is no such batch.');
    return batch;
  }

  async function view(batch: BatchRecord) {
    return batchView(batch, (await tallyBatches(db.pool, [batch.id])).get(batch.id) ?? NO_JOBS);
  }
};

const NO_JOBS = { jobs: {}, creditsUsed: 0 };

async function* lines(results: AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const result of results) yield `${JSON.stringify(result)}\n`;
}
