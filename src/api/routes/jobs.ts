import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { isTerminal, type JobRecord } from '../../lib/domain/job.ts';
import { jobView, lookAgainAfterS } from '../../lib/domain/job-view.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import type { ApiDeps } from '../deps.ts';
import { findJob } from '../find-job.ts';
import { prepareJob } from '../prepare-job.ts';
import { JobParams, SubmitJob } from '../schemas/jobs.ts';
import { jobEnds, preferredWaitS } from '../wait-for-job.ts';

export const jobRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, deps) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.post('/jobs', { schema: { body: SubmitJob } }, async (request, reply) => {
    faultPoint('submit.received');
    const accepted = await deps.submit(await prepareJob(deps, request, request.body));
    faultPoint('submit.committed');
    reply.header('location', `/v1/jobs/${accepted.id}`);
    const job = await waitAsPreferred(deps, request, reply, accepted);
    return reply.code(isTerminal(job.status) ? 200 : 202).send(jobView(job));
  });

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

/** `Prefer: wait=n` answers when the job has ended or the time is up, with the job as it is then. */
async function waitAsPreferred(
  { db, watcher }: ApiDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  job: JobRecord,
): Promise<JobRecord> {
  const seconds = preferredWaitS(request.headers.prefer);
  if (seconds === null) return job;
  reply.header('preference-applied', 'wait');
  await jobEnds(watcher, job, seconds);
  return findJob(db, request.tenantId, job.id);
}

/** `If-None-Match`: a list of entity tags, weak ones included, or `*` (RFC 9110, 13.1.2). */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
