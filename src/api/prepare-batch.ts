import { setImmediate as nextTurn } from 'node:timers/promises';
import type { NewBatch } from '../lib/commands/submit-batch.ts';
import type { NewJob } from '../lib/db/insert-jobs.ts';
import type { SkippedItem } from '../lib/domain/batch.ts';
import { type Fault, Problem } from '../lib/errors.ts';
import { checkWebhookUrl } from '../lib/webhooks/url-policy.ts';
import { findReferences, type References } from './batch-references.ts';
import type { ApiDeps } from './deps.ts';
import { faultsOf, MAX_FAULTS } from './plugins/validation.ts';
import { prepareJob, type Requester } from './prepare-job.ts';
import { BadLine } from './read-ndjson.ts';
import { CustomId, type SubmitBatch } from './schemas/batches.ts';
import { SubmitJob } from './schemas/jobs.ts';

/** Items that are checked in one go: others of this process get their turn in between. */
const ITEMS_A_TURN = 50;

type Read = { index: number; customId: string | null; job: SubmitJob | null; faults: Fault[] };

/**
 * A checked body as the batch that it asks for. All items are checked before anything is stored: with `on_invalid:
 * reject` a Problem names every fault, with `skip` the good ones are taken.
 */
export async function prepareBatch(deps: ApiDeps, from: Requester, body: SubmitBatch): Promise<NewBatch> {
  checkWebhook(deps, body);
  const read = await readItems(body.jobs);
  const references = await findReferences(
    deps.db,
    from.tenantId,
    read.flatMap(({ job }) => job ?? []),
  );
  const items: NewBatch['items'][number][] = [];
  const bad: Read[] = [];
  for (const item of read) {
    if (item.index % ITEMS_A_TURN === 0) await nextTurn();
    const { index, customId } = item;
    const prepared = await prepareItem(deps, from, item, references);
    if (Array.isArray(prepared)) bad.push({ ...item, faults: prepared });
    else items.push({ index, customId: customId ?? '', job: withBatchWebhook(prepared, body) });
  }
  if (bad.length > 0 && body.on_invalid === 'reject') throw rejection(bad);
  return {
    tenantId: from.tenantId,
    items,
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
  const faults = [{ pointer: '/webhook/url', detail: checked.reason }];
  throw new Problem('validation_failed', `/webhook/url: ${checked.reason}`, { faults });
}

/** What the schemas say of each item, and whether its custom_id is its own. */
async function readItems(items: readonly unknown[]): Promise<Read[]> {
  const read: Read[] = [];
  const customIds = new Set<string>();
  for (const [index, item] of items.entries()) {
    if (index % ITEMS_A_TURN === 0) await nextTurn();
    const one = readItem(item, index);
    if (one.customId !== null && customIds.has(one.customId)) {
      one.faults.push({ pointer: '/custom_id', detail: 'Another item has this custom_id.' });
    } else if (one.customId !== null) customIds.add(one.customId);
    read.push(one);
  }
  return read;
}

function readItem(item: unknown, index: number): Read {
  if (item instanceof BadLine || typeof item !== 'object' || item === null) {
    const detail = item instanceof BadLine ? 'The line is not valid JSON.' : 'Must be a job.';
    return { index, customId: null, job: null, faults: [{ pointer: '', detail }] };
  }
  const { custom_id, ...rest } = item as Record<string, unknown>;
  const customId = CustomId.safeParse(custom_id);
  const job = SubmitJob.safeParse(rest);
  return {
    index,
    customId: customId.success ? customId.data : null,
    job: job.success ? job.data : null,
    faults: [
      ...(customId.success ? [] : [{ pointer: '/custom_id', detail: 'Must be a text of 1 to 255 characters.' }]),
      ...(job.success ? [] : faultsOf(job.error).slice(0, MAX_FAULTS)),
    ],
  };
}

/** @returns the job, or its faults. */
async function prepareItem(
  deps: ApiDeps,
  from: Requester,
  { job, faults }: Read,
  references: References,
): Promise<NewJob | Fault[]> {
  if (!job) return faults;
  const all = [...faults, ...references.faultsOf(job)];
  try {
    const prepared = await prepareJob(deps, from, job, references.assets);
    return all.length > 0 ? all : prepared;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return [...all, ...error.faults];
  }
}

/** The batch's webhook is told of its jobs where it asks for that and a job has none of its own. */
function withBatchWebhook(job: NewJob, { webhook }: SubmitBatch): NewJob {
  const events = webhook?.events.filter((type) => type !== 'batch.completed') ?? [];
  if (!webhook || job.webhook || events.length === 0) return job;
  return { ...job, webhook: { url: webhook.url, events } };
}

/** Every bad item is named. Where that would be more faults than people read, each has only its first one listed. */
function rejection(bad: readonly Read[]): Problem {
  const count = bad.reduce((sum, { faults }) => sum + faults.length, 0);
  const most = count > MAX_FAULTS ? 1 : MAX_FAULTS;
  const faults = bad.flatMap(({ index, faults }) =>
    faults.slice(0, most).map(({ pointer, detail }) => ({ pointer: `/jobs/${index}${pointer}`, detail })),
  );
  const unlisted = count - faults.length;
  const more = unlisted > 0 ? ` Only the first fault of each is listed; there are ${unlisted} more.` : '';
  return new Problem('validation_failed', `Jobs with faults: ${bad.length}. Nothing was stored.${more}`, { faults });
}

function skippedItem({ customId, faults }: Read): SkippedItem {
  const message = faults.map(({ pointer, detail }) => (pointer ? `${pointer}: ${detail}` : detail)).join(' ');
  const error = { code: 'validation_failed', message, retryable: false, action: null, upstream: null };
  return { custom_id: customId, error };
}
