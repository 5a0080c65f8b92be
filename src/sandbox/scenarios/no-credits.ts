import { noCredits } from '../refusal.ts';
import type { Story } from '../story.ts';

/** HTTP 200 with code 2001 in place of a stream. */
export const noCreditsStory: Story = { refuse: () => noCredits() };
