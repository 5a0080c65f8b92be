import type { Step, Work } from '../stories/story.ts';
import { answerSteps } from './answer.ts';
import { editSteps } from './edit.ts';
import { generationSteps } from './generation.ts';

/** What the agent does when nothing goes wrong. */
export function ordinaryRun(work: Work): Iterable<Step> {
  if (work.kind === 'generation') return generationSteps(work);
  return work.kind === 'edit' ? editSteps(work) : answerSteps(work);
}

/** The same run without a word. */
export function* withoutWords(steps: Iterable<Step>): Iterable<Step> {
  for (const step of steps) {
    if (step.does === 'call') yield { does: 'call', call: step.call };
    else if (step.does !== 'say') yield step;
  }
}

/** The run up to its `nth` tool call, or all of it where it makes fewer. */
export function* untilCall(steps: Iterable<Step>, nth: number): Iterable<Step> {
  let calls = 0;
  for (const step of steps) {
    yield step;
    if (step.does === 'call') calls += 1;
    if (calls === nth) return;
  }
}
