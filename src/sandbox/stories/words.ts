import { answerSteps } from '../agent/answer.ts';
import { ordinaryRun } from '../agent/ordinary-run.ts';
import type { Stories } from './story.ts';

/** Characters that some readers take for the end of a line, and words that look like an event (sse.md, trap 20). */
const HARD_TO_READ = '红狐在雪地里。 line\u2028paragraph\u2029next\u0085mark\ufeffend, 🦊 data: {"type":"error"} 完成';
/** In the middle of the fox: only both halves together are a character (trap 6). */
const IN_THE_FOX = HARD_TO_READ.indexOf('🦊') + 1;

/** The longest event that was recorded has 1 MB (sse.md, trap 18). */
const BIG = 1_000_000;

/** All goes well: what is unusual is what the agent says. */
export const wordStories: Stories = {
  /** Nothing out of the ordinary, whatever the control endpoint has set. */
  ok: {},

  /** The agent thinks aloud, before its answer and beside it (sse.md, trap 4): words that are not for users. */
  thought: {
    *steps(work) {
      yield { does: 'wait', ms: 1_000 * work.pace };
      yield { does: 'think', text: 'The user wants something done. Which tool would do it?' };
      for (const step of ordinaryRun(work)) {
        yield step.does === 'say' ? { ...step, thought: 'That went well. Now to tell the user.' } : step;
      }
    },
  },

  /** The last words are hard to read. */
  unicode: {
    *steps(work) {
      const chunks = [HARD_TO_READ.slice(0, IN_THE_FOX), HARD_TO_READ.slice(IN_THE_FOX)];
      for (const step of ordinaryRun(work)) {
        yield step.does === 'say' ? { does: 'say', text: HARD_TO_READ, chunks } : step;
      }
    },
  },

  /** The first tool that answers has a lot to say, in one event. */
  big: {
    *steps(work) {
      let isBig = false;
      for (const step of ordinaryRun(work)) {
        const isNext = step.does === 'result' && !isBig;
        yield isNext ? { ...step, response: { ...step.response, log: 'frame ok; '.repeat(BIG / 10) } } : step;
        if (isNext) isBig = true;
      }
    },
  },

  /** All is done and said, and then the agent is sorry for nothing (sse.md, trap 22). */
  apology: {
    *steps(work) {
      yield* ordinaryRun(work);
      yield { does: 'wait', ms: 2_000 * work.pace };
      const text = 'I encountered a temporary issue while processing your request. Please try again later.';
      yield { does: 'say', text };
    },
  },

  /** The agent answers in words and changes nothing, whatever it was asked. */
  text: { kind: 'answer', steps: answerSteps },
};
