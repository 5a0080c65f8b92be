import { ordinaryRun, withoutWords } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/** Everything is done without a word, then `errorCode: "STOP"`, which is no error (sse.md, trap 12). */
export const silentStop: Story = {
  *steps(work) {
    yield* withoutWords(ordinaryRun(work));
    yield { does: 'shrug', shape: 'stop' };
  },
};
