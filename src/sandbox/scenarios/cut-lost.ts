import { ordinaryRun, untilCall } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/** The socket breaks after the first tool call and the run with it: nothing is written, nothing charged. */
export const cutLost: Story = {
  isFree: true,
  *steps(work) {
    yield* untilCall(ordinaryRun(work), 1);
    yield { does: 'cut' };
  },
};
