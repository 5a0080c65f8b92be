import { cutStories } from './cuts.ts';
import { errorStories } from './errors.ts';
import { refusalStories } from './refusals.ts';
import { renderStories } from './renders.ts';
import { silenceStories } from './silences.ts';
import type { Story } from './story.ts';
import { waitStories } from './waits.ts';
import { wordStories } from './words.ts';

/** By the word that chooses it. */
export const STORIES: ReadonlyMap<string, Story> = new Map(
  [wordStories, silenceStories, waitStories, cutStories, errorStories, refusalStories, renderStories].flatMap((kind) =>
    Object.entries(kind),
  ),
);
