import type { Stories } from './story.ts';

/** Longer than the official skill's ten polls of 30 s, shorter than ten minutes. */
const SLOW_MS = 8 * 60_000;

/** The turn goes well, and the renders of its session do not. */
export const renderStories: Stories = {
  /** The next one fails; those after it work. */
  'render-fails-once': { renders: { fails: 'first' } },
  'render-fails': { renders: { fails: 'all' } },
  'render-slow': { renders: { durationMs: SLOW_MS } },
  'render-stuck': { renders: { durationMs: Number.POSITIVE_INFINITY } },
  /** Finished ones have no URL, or one at which there is nothing; the download works. */
  'render-no-url': { renders: { url: 'none' } },
  'render-dead-url': { renders: { url: 'dead' } },
  /** The next submit is refused as a duplicate, although nobody has used its id. */
  'render-duplicate': { renders: { firstSubmit: 'refused' } },
  /** The next submit is taken, and the connection is reset before the answer. */
  'render-lost-answer': { renders: { firstSubmit: 'unanswered' } },
  /** The first poll of each does not find it; later ones do. */
  'render-forgotten': { renders: { isForgotten: true } },
  /** They are refused as a matter of the plan. */
  'export-402': { renders: { isBlocked: true } },
};
