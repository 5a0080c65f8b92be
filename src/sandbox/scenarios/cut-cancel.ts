import { ordinaryRun, untilCall } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/**
 * The socket breaks after the second tool call (an edit has only one) and the run is canceled with it, as adk-python
 * does, at whichever end it breaks: a generation leaves its raw clip and is charged, an edit leaves nothing and is not.
 */
export const cutCancel: Story = {
  endsWithStream: true,
  *steps(work) {
    yield* untilCall(ordinaryRun(work), work.kind === 'generation' ? 2 : 1);
    yield { does: 'cut' };
  },
};
