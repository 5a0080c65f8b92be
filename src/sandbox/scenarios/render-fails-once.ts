import type { Story } from '../story.ts';

/** The session's next render fails; those after it work. */
export const renderFailsOnce: Story = { renders: { fails: 'first' } };
