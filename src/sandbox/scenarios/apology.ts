import { ordinaryRun } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/** All goes well, and then the agent is sorry for nothing (sse.md, trap 22). */
export const apology: Story = {
  *steps(work) {
    yield* ordinaryRun(work);
    yield { does: 'wait', ms: 2_000 * work.pace };
    yield {
      does: 'say',
      text: 'I encountered a temporary issue while processing your request. Please try again later.',
    };
  },
};
