import { ordinaryRun, withoutWords } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/** Everything is done without a word, then a text of no length (sse.md, trap 12). */
export const silentEmpty: Story = {
  *steps(work) {
    yield* withoutWords(ordinaryRun(work));
    yield { does: 'shrug', shape: 'empty' };
  },
};
