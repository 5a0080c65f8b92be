import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { jobView, lookAgainAfterS } from '../../lib/domain/job-view.ts';
import { acceptJob } from '../accept-job.ts';
import type { ApiDeps } from '../deps.ts';
import { findJob, findJobs } from '../find-job.ts';
import { prepareJob } from '../prepare-job.ts';
import { listOf, noBody } from '../schemas/answer.ts';
import { Job } from '../schemas/job-answers.ts';
import { JobParams, ListJobs, SubmitJob } from '../schemas/jobs.ts';
import { listView } from '../schemas/list.ts';
import { waitAsPreferred } from '../wait-for-job.ts';

const docs = {
  submit: {
    operationId: 'submitJob',
    tags: ['Jobs'],
    summary: 'Submit a job',
    description: 'Answered once the job is stored; a worker takes it up. `Prefer: wait=60` waits for its end.',
    body: SubmitJob,
    response: {
      200: Job.describe('The job has ended: only with `Prefer: wait`.'),
      202: Job.describe('The job is stored.'),
    },
  },
  list: {
    operationId: 'listJobs',
    tags: ['Jobs'],
    summary: 'List the jobs',
    querystring: ListJobs,
    response: { 200: listOf('JobList', Job) },
  },
  get: {
    operationId: 'getJob',
    tags: ['Jobs'],
    summary: 'Show a job',
    description: 'The `ETag` is its `seq`. `Prefer: wait=60` answers when it has ended or the time is up.',
    params: JobParams,
    response: { 200: Job, 304: noBody('It is as `If-None-Match` says.') },
  },
};
const SUBMIT_CONFIG = {
  takes: ['idempotency-key', 'prefer'],
  gives: ['location'],
  problems: ['client_reference_used', 'queue_full'],
} as const;
const GET_CONFIG = {
  takes: ['prefer', 'if-none-match'],
  gives: ['retry-after'],
} as const;

export const jobRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, deps) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.post('/jobs', { schema: docs.submit, config: SUBMIT_CONFIG }, async (request, reply) => {
    const job = await acceptJob(deps, request, reply, () => prepareJob(deps, request, request.body));
    return jobView(job);
  });

  app.get('/jobs', { schema: docs.list }, async (request) =>
    listView(await findJobs(deps.db, request.tenantId, request.query), request.query, jobView),
  );

  app.get('/jobs/:id', { schema: docs.get, config: GET_CONFIG }, async (request, reply) => {
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
