import { ordinaryRun, withoutWords } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/** Everything is done and the stream closes without a word, as about 30 % of edits do. */
export const silent: Story = { steps: (work) => withoutWords(ordinaryRun(work)) };
