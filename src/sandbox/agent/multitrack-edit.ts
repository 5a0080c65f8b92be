import type { Step } from '../stories/story.ts';
import type { Draft } from './draft.ts';
import { toolCall } from './tool-call.ts';

/** A call of the edit tool that puts the draft in place of the one before, `ms` later. */
export function* multitrackEdit(
  draft: Draft,
  args: { op: string; [name: string]: string },
  ms: number,
  words?: string,
): Iterable<Step> {
  const call = toolCall('edit_multitrack', args);
  yield { does: 'call', call, ...(words === undefined ? {} : { words }) };
  yield { does: 'wait', ms };
  const response = { status: 'success', op: args.op, draft_version: draft.v, changed: [draft.t.at(-1)?.id] };
  yield { does: 'result', call, response, writes: { draft } };
}
