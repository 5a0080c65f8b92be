import { ordinaryRun, withoutWords } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/** Everything is done without a word; newer adk-python calls that an error (sse.md, trap 7). */
export const noContent: Story = {
  *steps(work) {
    yield* withoutWords(ordinaryRun(work));
    yield { does: 'shrug', shape: 'no-content' };
  },
};
