import type { Story } from '../story.ts';

/** Every render of the session fails. */
export const renderFails: Story = { renders: { fails: 'all' } };
