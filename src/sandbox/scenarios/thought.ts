import { ordinaryRun } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/** The agent thinks aloud, before its answer and beside it (sse.md, trap 4): words that are not for users. */
export const thought: Story = {
  *steps(work) {
    yield { does: 'wait', ms: 1_000 * work.pace };
    yield { does: 'think', text: 'The user wants something done. Which tool would do it?' };
    for (const step of ordinaryRun(work)) {
      yield step.does === 'say' ? { ...step, thought: 'That went well. Now to tell the user.' } : step;
    }
  },
};
