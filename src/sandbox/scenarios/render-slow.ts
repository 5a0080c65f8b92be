import type { Story } from '../story.ts';

/** Longer than the official skill's ten polls of 30 s, shorter than ten minutes. */
const SLOW_MS = 8 * 60_000;

/** Renders take long, and succeed. */
export const renderSlow: Story = { renders: { durationMs: SLOW_MS } };
