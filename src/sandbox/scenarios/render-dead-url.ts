import type { Story } from '../story.ts';

/** Finished renders have a URL at which there is nothing; the download works. */
export const renderDeadUrl: Story = { renders: { url: 'dead' } };
