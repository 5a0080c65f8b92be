import type { RenderStory } from '../renders.ts';
import { STORIES } from './stories.ts';

/** The story that the control endpoint has set for turns without one of their own. */
export type StandingStory = ReturnType<typeof createStandingStory>;

export function createStandingStory() {
  let story: string | null = null;
  let left = 0;
  return {
    /** `times`: for so many turns. */
    set(name: string | null, times = Number.POSITIVE_INFINITY): void {
      story = name;
      left = times;
    },
    /** For a turn, which uses up one time. */
    take(): string | null {
      if (left <= 0) return null;
      left -= 1;
      return story;
    },
    /** For the renders of a session whose turns have set nothing. */
    renders(): RenderStory | null {
      return (left > 0 && story !== null && STORIES.get(story)?.renders) || null;
    },
  };
}
