import { ordinaryRun, withoutWords } from '../agent/ordinary-run.ts';
import type { Shrug, Stories, Story } from './story.ts';

/** Everything is done and the stream closes without a word, as about 30 % of edits do: five ways to end it. */
export const silenceStories: Stories = {
  silent: { steps: (work) => withoutWords(ordinaryRun(work)) },
  /** Then an event with nothing but usage numbers (sse.md, trap 12). */
  'silent-usage': shrugging('usage'),
  /** Then `errorCode: "STOP"`, which is no error (trap 12). */
  'silent-stop': shrugging('stop'),
  /** Then a text of no length (trap 12). */
  'silent-empty': shrugging('empty'),
  /** Then what newer adk-python calls an error (trap 7). */
  'no-content': shrugging('no-content'),
};

function shrugging(shape: Shrug): Story {
  return {
    *steps(work) {
      yield* withoutWords(ordinaryRun(work));
      yield { does: 'shrug', shape };
    },
  };
}
