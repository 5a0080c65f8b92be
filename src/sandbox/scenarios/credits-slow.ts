import type { Story } from '../story.ts';

/** Until then the credits are reserved, and nothing of the total is gone. */
const HELD_MS = 20_000;

/** All goes well, and the balance shows it only a while after the stream has closed. */
export const creditsSlow: Story = { settlesAfterMs: HELD_MS };
