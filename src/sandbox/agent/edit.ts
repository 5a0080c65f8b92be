import { hasDraft } from '../session.ts';
import type { Step, Work } from '../stories/story.ts';
import { withTitle } from './draft.ts';
import { multitrackEdit } from './multitrack-edit.ts';
import { titleText } from './titles.ts';

/** An edit of the draft that is there, about 20 s: one more title track, with the prompt's words. */
export function* editSteps({ words, state, pace }: Work): Iterable<Step> {
  if (!hasDraft(state.draft)) return;
  const text = titleText(words);
  yield { does: 'wait', ms: 2_000 * pace };
  yield* multitrackEdit(withTitle(state.draft, text), { op: 'add_title', text }, 17_000 * pace);
  yield { does: 'wait', ms: 2_000 * pace };
  yield { does: 'say', text: `I have added the title "${text}". You can preview it in the timeline panel.` };
}
