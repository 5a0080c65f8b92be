import type { Story } from '../story.ts';

/** Nothing out of the ordinary, whatever the control endpoint has set. */
export const ok: Story = {};
