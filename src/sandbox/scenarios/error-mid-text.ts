import type { Story } from '../story.ts';

/** Half a text in pieces, then an error event, and the rest never comes (sse.md, trap 3). Nothing is changed. */
export const errorMidText: Story = {
  isStreaming: true,
  isFree: true,
  *steps({ pace }) {
    yield { does: 'wait', ms: 3_000 * pace };
    yield { does: 'begin', text: 'I will start with a wide shot of the scene and then move in slowly.' };
    yield { does: 'wait', ms: 2_000 * pace };
    yield { does: 'err', code: 'UNAVAILABLE', message: 'the model is overloaded' };
  },
};
