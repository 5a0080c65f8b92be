import type { Story } from '../story.ts';

/** The run dies, and its error frame is no valid JSON, as adk-python 1.4 wrote it (sse.md, trap 9). */
export const errorBroken: Story = {
  isFree: true,
  *steps({ pace }) {
    yield { does: 'wait', ms: 8_000 * pace };
    yield { does: 'die', death: 'broken', message: 'it said "no"' };
  },
};
