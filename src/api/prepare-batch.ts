import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NewBatch, NewItem } from '../lib/commands/submit-batch.ts';
import type { NewJob } from '../lib/db/insert-jobs.ts';
import type { SkippedItem } from '../lib/domain/batch.ts';
import { Problem, validationFailed } from '../lib/errors.ts';
import { checkWebhookUrl } from '../lib/webhooks/url-policy.ts';
import { findReferences, type References } from './batch-references.ts';
import type { ApiDeps } from './deps.ts';
import { MAX_FAULTS } from './plugins/validation.ts';
import { checkReferences, newJob, type Requester } from './prepare-job.ts';
import type { SubmitBatch } from './schemas/batches.ts';
import type { SubmitJob } from './schemas/jobs.ts';
import type { SentItem } from './sent-items.ts';

/** Items that are checked in one go: others of this process get their turn in between. */
const ITEMS_A_TURN = 200;

/**
 * A checked body as the batch that it asks for. All items are checked before anything is stored: with `on_invalid:
 * reject` a Problem names every fault, with `skip` the good ones are taken.
 */
export async function prepareBatch(deps: ApiDeps, from: Requester, body: SubmitBatch): Promise<NewBatch> {
  checkWebhook(deps, body);
  // What read the body has put them there (read-batch.ts).
  const sent = body.jobs as readonly SentItem[];
  const jobs = sent.flatMap(({ refers, job }) => (refers && job !== null ? readJob(job) : []));
  const references = await findReferences(deps.db, from.tenantId, jobs);
  const customIds = new Set<string>();
  const items: NewItem[] = [];
  const bad: SentItem[] = [];
  for (const item of sent) {
    if (item.index % ITEMS_A_TURN === 0) await nextTurn();
    const named = withOwnName(item, customIds);
    const checked = standsAlone(named, deps) ? named : await checkItem(deps, from, named, references);
    if (isGood(checked)) items.push(checked);
    else bad.push(checked);
  }
  if (bad.length > 0 && body.on_invalid === 'reject') throw rejection(bad);
  return {
    tenantId: from.tenantId,
    requestId: from.id,
    traceparent: from.traceparent,
    items,
    read: (item) => withBatchWebhook(newJobOf(item.job, from), body),
    skipped: bad.map(skippedItem),
    maxConcurrency: body.max_concurrency ?? null,
    maxCredits: body.max_credits ?? null,
    webhookUrl: body.webhook?.url ?? null,
    metadata: body.metadata,
  };
}

function checkWebhook({ webhookPolicy }: ApiDeps, { webhook }: SubmitBatch): void {
  const checked = webhook ? checkWebhookUrl(webhook.url, webhookPolicy) : null;
  if (!checked || checked.ok) return;
  throw validationFailed([{ pointer: '/webhook/url', detail: checked.reason }]);
}

/** With a fault where an earlier item has its custom_id. */
function withOwnName(item: SentItem, customIds: Set<string>): SentItem {
  if (item.customId === null) return item;
  if (!customIds.has(item.customId)) {
    customIds.add(item.customId);
    return item;
  }
  return { ...item, faults: [...item.faults, { pointer: '/custom_id', detail: 'Another item has this custom_id.' }] };
}

/** Nothing about it is left to be asked. */
function standsAlone({ onlySkill }: SentItem, { skills }: ApiDeps): boolean {
  return onlySkill !== null && skills.has(onlySkill);
}

/** @returns the item with all its faults; the prompt of its job has the words of a text asset now. */
async function checkItem(deps: ApiDeps, from: Requester, item: SentItem, references: References): Promise<SentItem> {
  if (item.job === null) return item;
  const job = readJob(item.job);
  const faults = item.refers ? [...item.faults, ...references.faultsOf(job)] : item.faults;
  try {
    const prompt = await checkReferences(deps, from.tenantId, job, references.assets);
    if (faults.length === 0) references.take(job);
    return item.refers ? { ...item, job: JSON.stringify({ ...job, prompt }), faults } : item;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { ...item, faults: [...faults, ...error.faults] };
  }
}

function isGood(item: SentItem): item is SentItem & NewItem {
  return item.faults.length === 0;
}

function readJob(text: string): SubmitJob {
  return JSON.parse(text);
}

function newJobOf(text: string, from: Requester): NewJob {
  const job = readJob(text);
  return newJob(job, job.type === 'generate' ? (job.prompt ?? '') : '', from);
}

/** The batch's webhook is told of its jobs where it asks for that and a job has none of its own. */
function withBatchWebhook(job: NewJob, { webhook }: SubmitBatch): NewJob {
  const events = webhook?.events.filter((type) => type !== 'batch.completed') ?? [];
  if (!webhook || job.webhook || events.length === 0) return job;
  return { ...job, webhook: { url: webhook.url, events } };
}

/** Every bad item is named. Where that would be more faults than people read, each has only its first one listed. */
function rejection(bad: readonly SentItem[]): Problem {
  const count = bad.reduce((sum, { faults }) => sum + faults.length, 0);
  const most = count > MAX_FAULTS ? 1 : MAX_FAULTS;
  const faults = bad.flatMap(({ index, faults }) =>
    faults.slice(0, most).map(({ pointer, detail }) => ({ pointer: `/jobs/${index}${pointer}`, detail })),
  );
  const unlisted = count - faults.length;
  const more = unlisted > 0 ? ` Only the first fault of each is listed; there are ${unlisted} more.` : '';
  return new Problem('validation_failed', `Jobs with faults: ${bad.length}. Nothing was stored.${more}`, { faults });
}

function skippedItem({ customId, faults }: SentItem): SkippedItem {
  const message = faults.map(({ pointer, detail }) => (pointer ? `${pointer}: ${detail}` : detail)).join(' ');
  const error = { code: 'validation_failed', message, retryable: false, action: null, upstream: null };
  return { custom_id: customId, error };
}
