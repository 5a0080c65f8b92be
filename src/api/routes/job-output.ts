import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { latestRender } from '../../lib/db/renders.ts';
import { Problem } from '../../lib/errors.ts';
import type { ApiDeps } from '../deps.ts';
import { findJob } from '../find-job.ts';
import { noBody, otherThanJson } from '../schemas/answer.ts';
import { JobParams } from '../schemas/jobs.ts';

const docs = {
  operationId: 'getJobOutput',
  tags: ['Jobs'],
  summary: 'Get the finished video',
  params: JobParams,
  response: {
    200: otherThanJson('The file itself, where only Reelay can fetch it.', {
      'video/*': 'The finished video.',
      'application/octet-stream': 'The finished video, where nobody said of what type it is.',
    }),
    302: noBody('`Location` is the address of the file.'),
  },
};

export const jobOutputRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db, store }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  /** Leads to the finished file; where only the upstream's own door has it, the worker has kept it, and this is it. */
  app.get('/jobs/:id/output', { schema: docs }, async (request, reply) => {
    const job = await findJob(db, request.tenantId, request.params.id);
    const output = job.result?.output;
    if (!output) throw new Problem('not_found', 'This job has no finished file.');
    const render = await latestRender(db.pool, job.id);
    if (!render?.stored_key) return reply.redirect(output.url, 302);
    reply
      .type(render.stored_type ?? 'application/octet-stream')
      .header('content-length', render.stored_bytes ?? undefined);
    return reply.send(await store.open(render.stored_key));
  });
};
