import type { Story } from '../story.ts';

/** The first poll of each render does not find it; later ones do. */
export const renderForgotten: Story = { renders: { isForgotten: true } };
