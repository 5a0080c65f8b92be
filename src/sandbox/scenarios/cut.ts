import { ordinaryRun } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/** The socket breaks after the first tool call; the run goes on and writes the state when it would have anyway. */
export const cut: Story = {
  *steps(work) {
    let isCut = false;
    for (const step of ordinaryRun(work)) {
      yield step;
      if (step.does !== 'call' || isCut) continue;
      isCut = true;
      yield { does: 'cut' };
    }
  },
};
