import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { cancelJob } from '../../lib/commands/cancel-job.ts';
import { retryJob } from '../../lib/commands/retry-job.ts';
import { isTerminal } from '../../lib/domain/job.ts';
import { jobView } from '../../lib/domain/job-view.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import type { ApiDeps } from '../deps.ts';
import { findJob } from '../find-job.ts';
import { JobParams, RetryJob } from '../schemas/jobs.ts';

/** What a client can do with a job that it has submitted. */
export const jobActionRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db, once }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.post('/jobs/:id/cancel', { schema: { params: JobParams } }, async (request, reply) => {
    const found = await findJob(db, request.tenantId, request.params.id);
    const job = await cancelJob(db.pool, found);
    faultPoint('cancel.committed');
    return reply.code(isTerminal(job.status) ? 200 : 202).send(jobView(job));
  });

  app.post('/jobs/:id/retry', { schema: { params: JobParams, body: RetryJob } }, async (request, reply) => {
    const found = await findJob(db, request.tenantId, request.params.id);
    const { accept_duplicate_charge: acceptDuplicateCharge } = request.body;
    const job = await once(request, reply, {
      create: (key) => {
        const { id: requestId, traceparent } = request;
        return retryJob(db.pool, found, { requestId, traceparent, acceptDuplicateCharge, key });
      },
      again: ([id = '']) => findJob(db, request.tenantId, id),
    });
    return reply.code(202).header('location', `/v1/jobs/${job.id}`).send(jobView(job));
  });
};
