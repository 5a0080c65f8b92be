import { ordinaryRun, untilCall } from '../agent/ordinary-run.ts';
import type { Stories } from './story.ts';

/** The socket breaks in the middle. */
export const cutStories: Stories = {
  /** After the first tool call; the run goes on and writes the state when it would have anyway. */
  cut: {
    *steps(work) {
      let isCut = false;
      for (const step of ordinaryRun(work)) {
        yield step;
        if (step.does !== 'call' || isCut) continue;
        isCut = true;
        yield { does: 'cut' };
      }
    },
  },

  /** After the first tool call, and the run with it: nothing is written, nothing charged. */
  'cut-lost': {
    isFree: true,
    *steps(work) {
      yield* untilCall(ordinaryRun(work), 1);
      yield { does: 'cut' };
    },
  },

  /**
   * After the second tool call (an edit has only one), and the run is canceled with it, as adk-python does, at whichever
   * end it breaks: a generation leaves its raw clip and is charged, an edit leaves nothing and is not.
   */
  'cut-cancel': {
    endsWithStream: true,
    *steps(work) {
      yield* untilCall(ordinaryRun(work), work.kind === 'generation' ? 2 : 1);
      yield { does: 'cut' };
    },
  },
};
