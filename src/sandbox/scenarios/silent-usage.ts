import { ordinaryRun, withoutWords } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/** Everything is done without a word, then an event with nothing but usage numbers (sse.md, trap 12). */
export const silentUsage: Story = {
  *steps(work) {
    yield* withoutWords(ordinaryRun(work));
    yield { does: 'shrug', shape: 'usage' };
  },
};
