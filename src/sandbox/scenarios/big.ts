import { ordinaryRun } from '../ordinary-run.ts';
import type { Story } from '../story.ts';

/** The longest event that was recorded has 1 MB (sse.md, trap 18). */
const BIG = 1_000_000;

/** The first tool that answers has a lot to say, in one event. */
export const big: Story = {
  *steps(work) {
    let isBig = false;
    for (const step of ordinaryRun(work)) {
      const isNext = step.does === 'result' && !isBig;
      yield isNext ? { ...step, response: { ...step.response, log: 'frame ok; '.repeat(BIG / 10) } } : step;
      if (isNext) isBig = true;
    }
  },
};
