import type { Story } from '../story.ts';

/** The run dies in the middle of its words: nothing is changed and nothing charged. */
export const errorFatal: Story = {
  isFree: true,
  *steps({ pace }) {
    yield { does: 'wait', ms: 3_000 * pace };
    yield { does: 'say', text: 'Starting to work on it.' };
    yield { does: 'wait', ms: 5_000 * pace };
    yield { does: 'die', message: 'fatal: "agent" 失败\nsecond line' };
  },
};
