import type { Story } from '../story.ts';

/** Renders are processed for ever. */
export const renderStuck: Story = { renders: { durationMs: Number.POSITIVE_INFINITY } };
