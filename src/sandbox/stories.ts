import { cutStories } from './stories/cuts.ts';
import { errorStories } from './stories/errors.ts';
import { refusalStories } from './stories/refusals.ts';
import { renderStories } from './stories/renders.ts';
import { silenceStories } from './stories/silences.ts';
import { waitStories } from './stories/waits.ts';
import { wordStories } from './stories/words.ts';
import type { Story } from './story.ts';

/** By the word that chooses it. */
export const STORIES: ReadonlyMap<string, Story> = new Map(
  [wordStories, silenceStories, waitStories, cutStories, errorStories, refusalStories, renderStories].flatMap((kind) =>
    Object.entries(kind),
  ),
);
