import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { cancelJob } from '../../lib/commands/cancel-job.ts';
import { retryJob } from '../../lib/commands/retry-job.ts';
import { isTerminal } from '../../lib/domain/job.ts';
import { jobView } from '../../lib/domain/job-view.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import type { ApiDeps } from '../deps.ts';
import { findJob } from '../find-job.ts';
import { Job } from '../schemas/job-answers.ts';
import { JobParams, RetryJob } from '../schemas/jobs.ts';

const docs = {
  cancel: {
    operationId: 'cancelJob',
    tags: ['Jobs'],
    summary: 'Cancel a job',
    description:
      'One that has not started ends at once. One that runs is `canceling` until its message has been waited out: what that made is kept, and what it cost is reported.',
    params: JobParams,
    response: {
      200: Job.describe('It is canceled.'),
      202: Job.describe('It is being canceled.'),
    },
  },
  retry: {
    operationId: 'retryJob',
    tags: ['Jobs'],
    summary: 'Retry a job',
    description:
      'Makes a new job that starts at the failed phase: a failed render never talks to the agent again. Without `accept_duplicate_charge` it is refused where a message would be paid a second time.',
    params: JobParams,
    body: RetryJob,
    response: { 202: Job.describe('The new job.') },
  },
};
const CANCEL_CONFIG = { unlimited: true, problems: ['job_already_terminal'] } as const;
const RETRY_CONFIG = {
  takes: ['idempotency-key'],
  gives: ['location'],
  problems: ['charge_unknown', 'retry_in_progress', 'job_not_retryable', 'queue_full'],
} as const;

/** What a client can do with a job that it has submitted. */
export const jobActionRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db, once, room, wake }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.post('/jobs/:id/cancel', { schema: docs.cancel, config: CANCEL_CONFIG }, async (request, reply) => {
    const found = await findJob(db, request.tenantId, request.params.id);
    const job = await cancelJob(db.pool, found);
    faultPoint('cancel.committed');
    wake();
    return reply.code(isTerminal(job.status) ? 200 : 202).send(jobView(job));
  });

  app.post('/jobs/:id/retry', { schema: docs.retry, config: RETRY_CONFIG }, async (request, reply) => {
    const found = await findJob(db, request.tenantId, request.params.id);
    const { accept_duplicate_charge: acceptDuplicateCharge } = request.body;
    const job = await once(request, reply, {
      create: async (key) => {
        const { id: requestId, traceparent } = request;
        const asked = { requestId, traceparent, acceptDuplicateCharge, key };
        return room.within(request.tenantId, 1, () => retryJob(db.pool, found, asked));
      },
      again: ([id]) => findJob(db, request.tenantId, id),
    });
    wake();
    return reply.code(202).header('location', `/v1/jobs/${job.id}`).send(jobView(job));
  });
};
