import type { RenderStory } from '../renders.ts';
import { WIRE_SWITCHES } from '../stream/wire.ts';
import { STORIES } from './stories.ts';
import type { Story } from './story.ts';

const SWITCHES = ['typed', 'streaming', 'official-render', ...WIRE_SWITCHES] as const;
type Switch = (typeof SWITCHES)[number];

export type Choice = {
  /** The prompt without marker words. */
  words: string;
  /** The stories' names, for the log; null: none was asked for. */
  name: string | null;
  story: Story;
  /** For the session's renders from now on; null: as before. */
  renders: RenderStory | null;
  switches: ReadonlySet<Switch>;
};

/**
 * What the marker words of a prompt ask for: `#<story>`, one for the turn and one for the renders, and the switches.
 * Other words with a # are words. Without a story in the prompt `standing` tells one.
 */
export function chooseStory(text: string, standing: () => string | null): Choice {
  const names: string[] = [];
  const switches = new Set<Switch>();
  const words = text
    .replaceAll(/#([a-z0-9]+(?:-[a-z0-9]+)*)(?![a-z0-9])/gi, (marker, word: string) => {
      const name = word.toLowerCase();
      const known = SWITCHES.find((item) => item === name);
      if (known) switches.add(known);
      else if (STORIES.has(name)) names.push(name);
      else return marker;
      return ' ';
    })
    .replaceAll(/\s+/g, ' ')
    .trim();
  const marked = names.length > 0 ? names : [standing()].filter((name) => name !== null);
  const stories = marked.map((name) => STORIES.get(name)).filter((story) => story !== undefined);
  return {
    words,
    name: marked.join(' ') || null,
    story: stories.find((story) => !story.renders) ?? {},
    renders: stories.find((story) => story.renders)?.renders ?? null,
    switches,
  };
}
