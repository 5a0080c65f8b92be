import type { Story } from '../story.ts';

/** The run dies, and its error looks like an answer, by the author "system" (sse.md, trap 9). */
export const errorSystem: Story = {
  isFree: true,
  *steps({ pace }) {
    yield { does: 'wait', ms: 8_000 * pace };
    yield { does: 'die', death: 'system', message: 'the model is overloaded' };
  },
};
