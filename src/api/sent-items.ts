import { createHash, type Hash } from 'node:crypto';
import sjson from 'secure-json-parse';
import type { z } from 'zod';
import { findBadText } from '../lib/domain/bad-text.ts';
import type { Fault } from '../lib/errors.ts';
import type { ItemSink } from './cut-jobs.ts';
import { faultsOf, MAX_FAULTS } from './plugins/validation.ts';
import { CustomId, MAX_ITEMS } from './schemas/batches.ts';
import { SubmitJob } from './schemas/jobs.ts';

/**
 * An item of a batch, judged by itself. Its job is text again: as a value, ten thousand of them take many times the
 * memory of what was sent.
 */
export type SentItem = {
  /** Its place in the request. */
  index: number;
  customId: string | null;
  /** A SubmitJob as JSON; null where there is none. */
  job: string | null;
  clientReference: string | null;
  /** Whether the job names what must be looked up: files, a session, a client reference. */
  refers: boolean;
  /** Its skill, where all that is left to be asked is whether it is served; null for all others. */
  onlySkill: string | null;
  faults: readonly Fault[];
};

/** Only an escape can bring what Postgres does not take: NUL, or half a surrogate pair. */
const MAYBE_BAD_TEXT = /\\u(?:0000|d[89a-f])/i;
const FAULTLESS: readonly Fault[] = [];

/** The items of a batch while it arrives: each is parsed, checked, and let go but for what a SentItem keeps. */
export class SentItems implements ItemSink {
  items: SentItem[] = [];
  badText: Fault[] = [];
  /** Whether an item is no JSON; it has a fault then. */
  hasBroken = false;
  #hash: Hash | null = null;
  readonly #comparable: ((item: unknown) => string) | null;

  /** @param comparable JSON, the same for equal items; null where nobody asks whether the batch is like another. */
  constructor(comparable: ((item: unknown) => string) | null) {
    this.#comparable = comparable;
  }

  begin(): void {
    this.items = [];
    this.badText = [];
    this.#hash = this.#comparable && createHash('sha256');
  }

  /** One that cannot be compared throws (`comparable`). Of those that are too many, one is kept to tell of it. */
  add(text: string): void {
    const item = parse(text);
    if (item instanceof SyntaxError) this.hasBroken = true;
    const index = this.items.length;
    if (index > MAX_ITEMS) return;
    this.items.push(item instanceof SyntaxError ? faulty(index, 'The line is not valid JSON.') : readItem(item, index));
    this.#hash?.update(`${this.#comparable?.(item instanceof SyntaxError ? text : item)},`);
    if (!MAYBE_BAD_TEXT.test(text)) return;
    for (const { pointer, detail } of findBadText(item))
      this.badText.push({ pointer: `/jobs/${index}${pointer}`, detail });
  }

  /** Equal for equal lists; to be asked once. */
  fingerprint(): string | null {
    return this.#hash?.digest('hex') ?? null;
  }
}

/** Refuses what would poison a prototype, as for any body. */
function parse(text: string): unknown {
  try {
    return sjson.parse(text);
  } catch (error) {
    return error;
  }
}

function readItem(item: unknown, index: number): SentItem {
  if (typeof item !== 'object' || item === null) return faulty(index, 'Must be a job.');
  const { custom_id, ...rest } = item as Record<string, unknown>;
  const customId = CustomId.safeParse(custom_id);
  const read = SubmitJob.safeParse(rest);
  const job = read.data;
  return {
    index,
    customId: customId.data ?? null,
    job: job ? JSON.stringify(job) : null,
    clientReference: job?.client_reference ?? null,
    refers: job !== undefined && refers(job),
    onlySkill: job !== undefined && standsAlone(job) ? job.skill : null,
    faults: customId.success && read.success ? FAULTLESS : faultsIn(customId.success, read.error),
  };
}

function faultsIn(hasCustomId: boolean, error: z.ZodError | undefined): Fault[] {
  const faults = error ? faultsOf(error).slice(0, MAX_FAULTS) : [];
  if (hasCustomId) return faults;
  return [{ pointer: '/custom_id', detail: 'Must be a text of 1 to 255 characters.' }, ...faults];
}

function refers(job: SubmitJob): boolean {
  const hasAssets = 'assets' in job && job.assets.length > 0;
  return hasAssets || job.session_id != null || job.client_reference != null;
}

/** It brings its prompt, and names nothing but its skill. */
function standsAlone(job: SubmitJob): boolean {
  return job.type === 'generate' && job.prompt !== undefined && !job.webhook && !refers(job);
}

function faulty(index: number, detail: string): SentItem {
  const faults = [{ pointer: '', detail }];
  return { index, customId: null, job: null, clientReference: null, refers: false, onlySkill: null, faults };
}
