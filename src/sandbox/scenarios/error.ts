import type { Story } from '../story.ts';

/** An error event, which does not end the run, then words: nothing is changed and nothing charged. */
export const error: Story = {
  kind: 'answer',
  *steps({ pace }) {
    yield { does: 'wait', ms: 4_000 * pace };
    yield { does: 'err', code: 'UNKNOWN_ERROR', message: 'upstream model connection reset: "socket hang up"' };
    yield { does: 'wait', ms: 3_000 * pace };
    yield { does: 'say', text: 'I could not reach the video model, so nothing was changed. Please ask me again.' };
  },
};
