import type { NewJob } from '../lib/db/insert-jobs.ts';
import { type JobInput, languageOf } from '../lib/domain/job.ts';
import type { GenerateOptions } from '../lib/domain/prompt.ts';
import { type Fault, validationFailed } from '../lib/errors.ts';
import { isId } from '../lib/ids.ts';
import { detectLanguage } from '../lib/language.ts';
import { checkWebhookUrl } from '../lib/webhooks/url-policy.ts';
import type { ApiDeps } from './deps.ts';
import { type Asset, readAssets } from './read-assets.ts';
import type { SubmitJob } from './schemas/jobs.ts';

type Deps = Pick<ApiDeps, 'db' | 'store' | 'skills' | 'webhookPolicy'>;
/** Who asks: of a request, what a job keeps. */
export type Requester = { id: string; tenantId: string; traceparent: string | null };

/** A body as the job that it asks for. Throws a Problem that names every fault. */
export async function prepareJob(deps: Deps, from: Requester, body: SubmitJob): Promise<NewJob> {
  return newJob(body, await checkReferences(deps, from.tenantId, body), from);
}

/**
 * What a body names must exist and fit: skill, webhook address and files here, the session in the commit. Throws a
 * Problem that names every fault.
 * @param assets the tenant's, where those that the job names have been looked up already.
 * @returns the prompt as it is to be sent; '' for a job that says nothing.
 */
export async function checkReferences(
  deps: Deps,
  tenantId: string,
  body: SubmitJob,
  assets?: ReadonlyMap<string, Asset>,
): Promise<string> {
  const faults: Fault[] = [];
  const skill = deps.skills.get(body.skill);
  if (!skill) faults.push(unknownSkill(deps.skills));
  if (body.webhook) {
    const checked = checkWebhookUrl(body.webhook.url, deps.webhookPolicy);
    if (!checked.ok) faults.push({ pointer: '/webhook/url', detail: checked.reason });
  }
  if (body.session_id != null && !isId(body.session_id, 'ses')) {
    faults.push({ pointer: '/session_id', detail: 'There is no such session.' });
  }
  const read = skill ? await readAssets(deps, tenantId, skill, body, assets) : { faults: [], prompt: '' };
  faults.push(...read.faults);
  if (faults.length > 0) throw validationFailed(faults);
  return read.prompt;
}

/** The job that a checked body asks for. @param prompt as it is to be sent. */
export function newJob(body: SubmitJob, prompt: string, from: Requester): NewJob {
  const input = inputOf(body, prompt);
  // One literal: objects that are put together from others cost a batch of 10,000 a tenth of its memory.
  return {
    tenantId: from.tenantId,
    type: body.type,
    skill: body.skill,
    language: languageOf(input),
    input,
    sessionId: body.session_id ?? null,
    metadata: body.metadata,
    priority: body.priority,
    webhook: body.webhook ?? null,
    clientReference: body.client_reference ?? null,
    startTimeoutS: body.start_timeout ?? null,
    deadlineS: body.deadline ?? null,
    waitForCredits: body.wait_for_credits,
    requestId: from.id,
    traceparent: from.traceparent,
  };
}

function inputOf(body: SubmitJob, prompt: string): JobInput {
  if (body.type === 'export') return { format: body.format, quality: body.quality };
  const { assets } = body;
  if (body.type === 'upload') return { assets };
  // What was left out is not there at all; zod's type says that it may be undefined.
  const options = body.options as GenerateOptions;
  const language = body.language ?? detectLanguage(prompt);
  return { prompt, language, options, assets, export: body.export };
}

/** The fault of a body that names a skill which is not served. */
export function unknownSkill(skills: ApiDeps['skills']): Fault {
  return { pointer: '/skill', detail: `Must be one of ${[...skills.keys()].join(', ')}.` };
}
