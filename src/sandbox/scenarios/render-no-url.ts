import type { Story } from '../story.ts';

/** Finished renders have no URL; the download works. */
export const renderNoUrl: Story = { renders: { url: 'none' } };
