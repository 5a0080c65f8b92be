import type { Story } from '../story.ts';

/** Renders are refused as a matter of the plan. */
export const export402: Story = { renders: { isBlocked: true } };
