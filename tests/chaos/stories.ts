import type { Random } from './random.ts';

/** A job to submit. `n`: its number, in prompt and metadata, by which the sandbox's log is joined to our rows. */
export type Wish = {
  n: string;
  tenant: number;
  body: Record<string, unknown>;
  /** To be submitted into the session of this job. */
  follows: string | null;
  /** When its client changes its mind; null: never. In ms after the submit. */
  cancelAfterMs: number | null;
};

/** One in so many tenants: most jobs share an account with two others, some have theirs for themselves. */
const JOBS_PER_TENANT = 3;

/** One job in so many is canceled, at some time within its life. */
const JOBS_PER_CANCEL = 12;
const CANCEL_WITHIN_MS = 3_000;

/** One job in so many is in a hurry: some of these expire, some fail, some are in time. In seconds. */
const JOBS_PER_LIMIT = 15;
const LIMITS = [{ start_timeout: 1 }, { start_timeout: 20 }, { deadline: 3 }, { deadline: 30 }];

/** Markers of the sandbox (docs/sandbox.md). The plain story is as frequent as a fifth of the others. */
const STORIES = [
  ...Array.from({ length: 8 }, () => ''),
  '#thought #typed',
  '#unicode #split',
  '#big',
  '#apology',
  '#silent',
  '#silent-stop',
  '#no-content',
  '#heartbeats',
  '#stall',
  '#cut',
  '#cut-lost',
  '#cut-cancel',
  '#credits-slow',
  '#error',
  '#error-fatal',
  '#error-mid-text',
  '#tool-error',
  '#no-change',
  '#text',
  '#empty-200',
  '#html-500',
  '#wrong-type',
  '#no-credits',
  '#rate-limited',
  '#session-gone',
  '#token-expired',
  '#render-fails-once',
  '#render-fails',
  '#render-slow',
  '#render-stuck',
  '#render-duplicate',
  '#render-lost-answer',
  '#render-forgotten',
  '#render-no-url',
  '#render-dead-url',
  '#export-402',
];

/** So many jobs of all kinds, with every story at least once where there are enough of them. */
export function mixedWishes(random: Random, count: number): Wish[] {
  const stories = random.shuffle(Array.from({ length: count }, (_, index) => STORIES[index % STORIES.length] ?? ''));
  const tenants = Math.ceil(count / JOBS_PER_TENANT);
  const wishes: Wish[] = [];
  for (const [index, story] of stories.entries()) {
    const n = `${index + 1}`;
    const kind = random.below(10);
    const before = random.pick([...wishes.slice(-JOBS_PER_TENANT), null]);
    const follows = kind === 0 && before ? before : null;
    wishes.push({
      n,
      tenant: follows?.tenant ?? random.below(tenants),
      follows: follows?.n ?? null,
      cancelAfterMs: random.below(JOBS_PER_CANCEL) === 0 ? random.below(CANCEL_WITHIN_MS) : null,
      body: {
        ...(kind === 1 ? uploadOf(n) : generateOf(n, story, kind > 2, kind === 3)),
        ...(random.below(JOBS_PER_LIMIT) === 0 ? random.pick(LIMITS) : {}),
      },
    });
  }
  return wishes;
}

function generateOf(n: string, story: string, isExported: boolean, hasFile: boolean): Record<string, unknown> {
  return {
    type: 'generate',
    prompt: `Make clip-${n} of a lighthouse ${story}`.trim(),
    export: isExported,
    ...(hasFile ? { assets: [fileOf(n)] } : {}),
  };
}

function uploadOf(n: string): Record<string, unknown> {
  return { type: 'upload', assets: [fileOf(n)] };
}

function fileOf(n: string): { url: string } {
  return { url: `https://example.com/photo-${n}.png` };
}
