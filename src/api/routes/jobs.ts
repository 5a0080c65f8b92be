import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { type NewJob, submitJob } from '../../lib/commands/submit-job.ts';
import type { JobRecord } from '../../lib/domain/job.ts';
import { jobView, lookAgainAfterS } from '../../lib/domain/job-view.ts';
import { type Fault, Problem } from '../../lib/errors.ts';
import { isId } from '../../lib/ids.ts';
import { checkWebhookUrl } from '../../lib/webhooks/url-policy.ts';
import type { ApiDeps } from '../deps.ts';
import { JobParams, SubmitJob } from '../schemas/jobs.ts';

/** The language of a session whose job says nothing of it. */
const NO_LANGUAGE = 'en';

export const jobRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, deps) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.post('/jobs', { schema: { body: SubmitJob } }, async (request, reply) => {
    checkReferences(deps, request.body);
    const job = await submitJob(deps.db.pool, newJob(request.body, request.tenantId, request.id));
    return reply.code(202).header('location', `/v1/jobs/${job.id}`).send(jobView(job));
  });

  app.get('/jobs/:id', { schema: { params: JobParams } }, async (request, reply) => {
    const { id } = request.params;
    const where = { id, tenant_id: request.tenantId };
    const row = isId(id, 'job') ? await deps.db.prisma.job.findFirst({ where }) : null;
    if (!row) throw new Problem('not_found', 'There is no such job.');
    const job = row as unknown as JobRecord;
    const etag = `"${job.seq}"`;
    reply.header('etag', etag);
    const lookAgainS = lookAgainAfterS(job);
    if (lookAgainS !== null) reply.header('retry-after', lookAgainS);
    if (matches(request.headers['if-none-match'], etag)) return reply.code(304).send();
    return jobView(job);
  });
};

/** What a body names must exist: skill and webhook address here, the session in the commit. */
function checkReferences(deps: ApiDeps, body: SubmitJob): void {
  const faults: Fault[] = [];
  if (!deps.skills.has(body.skill)) {
    faults.push({ pointer: '/skill', detail: `Must be one of ${[...deps.skills.keys()].join(', ')}.` });
  }
  if (body.webhook) {
    const checked = checkWebhookUrl(body.webhook.url, deps.webhookPolicy);
    if (!checked.ok) faults.push({ pointer: '/webhook/url', detail: checked.reason });
  }
  if (body.session_id != null && !isId(body.session_id, 'ses')) {
    faults.push({ pointer: '/session_id', detail: 'There is no such session.' });
  }
  const [first] = faults;
  if (first) throw new Problem('validation_failed', `${first.pointer}: ${first.detail}`, { faults });
}

function newJob(body: SubmitJob, tenantId: string, requestId: string): NewJob {
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
  const { prompt, language } = body;
  return { ...common, type, language, input: { prompt, language, export: body.export } };
}

/** `If-None-Match`: a list of entity tags, weak ones included, or `*` (RFC 9110, 13.1.2). */
function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((tag) => tag.trim() === '*' || tag.trim().replace(/^W\//, '') === etag);
}
