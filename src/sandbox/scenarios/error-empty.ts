import type { Story } from '../story.ts';

/** The run dies in the middle of its words with `{}`: what adk-js makes of a thrown non-error (sse.md, trap 9). */
export const errorEmpty: Story = {
  isFree: true,
  *steps({ pace }) {
    yield { does: 'wait', ms: 3_000 * pace };
    yield { does: 'say', text: 'Starting to work on it.' };
    yield { does: 'wait', ms: 5_000 * pace };
    yield { does: 'die', death: 'empty', message: '' };
  },
};
