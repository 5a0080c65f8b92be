import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { type NewJob, submitJob } from '../../lib/commands/submit-job.ts';
import { isTerminal, type JobRecord } from '../../lib/domain/job.ts';
import { jobView, lookAgainAfterS } from '../../lib/domain/job-view.ts';
import type { GenerateOptions } from '../../lib/domain/prompt.ts';
import { type Fault, Problem } from '../../lib/errors.ts';
import { isId } from '../../lib/ids.ts';
import { detectLanguage } from '../../lib/language.ts';
import { checkWebhookUrl } from '../../lib/webhooks/url-policy.ts';
import type { ApiDeps } from '../deps.ts';
import { findJob } from '../find-job.ts';
import { readAssets } from '../read-assets.ts';
import { JobParams, SubmitJob } from '../schemas/jobs.ts';
import { jobEnds, preferredWaitS } from '../wait-for-job.ts';

/** The language of a session whose job says nothing of it. */
const NO_LANGUAGE = 'en';

export const jobRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, deps) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.post('/jobs', { schema: { body: SubmitJob } }, async (request, reply) => {
    const prompt = await checkReferences(deps, request.tenantId, request.body);
    const accepted = await submitJob(deps.db.pool, newJob(request.body, prompt, request.tenantId, request.id));
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

/**
 * What a body names must exist and fit: skill, webhook address and files here, the session in the commit.
 * @returns the prompt as it is to be sent; '' for a job that says nothing.
 */
async function checkReferences(deps: ApiDeps, tenantId: string, body: SubmitJob): Promise<string> {
  const faults: Fault[] = [];
  const skill = deps.skills.get(body.skill);
  if (!skill) {
    faults.push({ pointer: '/skill', detail: `Must be one of ${[...deps.skills.keys()].join(', ')}.` });
  }
  if (body.webhook) {
    const checked = checkWebhookUrl(body.webhook.url, deps.webhookPolicy);
    if (!checked.ok) faults.push({ pointer: '/webhook/url', detail: checked.reason });
  }
  if (body.session_id != null && !isId(body.session_id, 'ses')) {
    faults.push({ pointer: '/session_id', detail: 'There is no such session.' });
  }
  const read = skill ? await readAssets(deps, tenantId, skill, body) : { faults: [], prompt: '' };
  faults.push(...read.faults);
  const [first] = faults;
  if (first) throw new Problem('validation_failed', `${first.pointer}: ${first.detail}`, { faults });
  return read.prompt;
}

function newJob(body: SubmitJob, prompt: string, tenantId: string, requestId: string): NewJob {
  const { type, skill, metadata, priority, webhook } = body;
  const common = {
    tenantId,
    skill,
    metadata,
    priority,
    webhook: webhook ?? null,
    requestId,
    sessionId: body.session_id ?? null,
  };
  if (type === 'export') {
    return { ...common, type, language: NO_LANGUAGE, input: { format: body.format, quality: body.quality } };
  }
  const { assets } = body;
  if (type === 'upload') return { ...common, type, language: NO_LANGUAGE, input: { assets } };
  // What was left out is not there at all; zod's type says that it may be undefined.
  const options = body.options as GenerateOptions;
  const language = body.language ?? detectLanguage(prompt);
  return { ...common, type, language, input: { prompt, language, options, assets, export: body.export } };
}

/** `If-None-Match`: a list of entity tags, weak ones included, or `*` (RFC 9110, 13.1.2). */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
