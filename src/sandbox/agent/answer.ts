import { hasDraft } from '../session.ts';
import type { Step, Work } from '../stories/story.ts';

/** Words only, after about 8 s. */
export function* answerSteps({ state, pace }: Work): Iterable<Step> {
  yield { does: 'wait', ms: 8_000 * pace };
  const text = hasDraft(state.draft)
    ? `The video has ${state.draft.t.length} tracks and is ${state.draft.d / 1000} seconds long. Open the media panel to see its files.`
    : 'There is no video yet. Tell me what it should show and I will make it.';
  yield { does: 'say', text };
}
