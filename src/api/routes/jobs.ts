import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { jobView, lookAgainAfterS } from '../../lib/domain/job-view.ts';
import { acceptJob } from '../accept-job.ts';
import type { ApiDeps } from '../deps.ts';
import { findJob, findJobs } from '../find-job.ts';
import { prepareJob } from '../prepare-job.ts';
import { JobParams, ListJobs, SubmitJob } from '../schemas/jobs.ts';
import { listView } from '../schemas/list.ts';
import { waitAsPreferred } from '../wait-for-job.ts';

export const jobRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, deps) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.post('/jobs', { schema: { body: SubmitJob } }, async (request, reply) => {
    const job = await acceptJob(deps, request, reply, () => prepareJob(deps, request, request.body));
    return jobView(job);
  });

  app.get('/jobs', { schema: { querystring: ListJobs } }, async (request) =>
    listView(await findJobs(deps.db, request.tenantId, request.query), request.query, jobView),
  );

  app.get('/jobs/:id', { schema: { params: JobParams } }, async (request, reply) => {
    const found = await findJob(deps.db, request.tenantId, request.params.id);
    const job = await waitAsPreferred(deps, request, reply, found);
    const etag = `"${job.seq}"`;
    reply.header('etag', etag);
    const lookAgainS = lookAgainAfterS(job);
    if (lookAgainS !== null) reply.header('retry-after', lookAgainS);
    if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
    return jobView(job);
  });
};

/** `If-None-Match`: a list of entity tags, weak ones included, or `*` (RFC 9110, 13.1.2). */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
