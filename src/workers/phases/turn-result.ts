import { translateGuiTalk } from '../../lib/domain/gui-talk/translate.ts';
import type { JobResult } from '../../lib/domain/job.ts';
import type { SessionState } from '../../lib/domain/session-state.ts';
import { timelineView } from '../../lib/domain/timeline/timeline.ts';

/** A job's result after its conversation; the output comes with the render. */
export function turnResult(
  turn: { text: string; changes: JobResult['changes'] },
  after: SessionState,
  workspaceUrl: string | null,
): JobResult {
  const { text, suggestedActions } = translateGuiTalk(turn.text);
  return {
    text,
    changes: turn.changes,
    timeline: timelineView(after),
    media: after.media.map(({ url, kind }) => ({ url, kind })),
    suggested_actions: suggestedActions,
    output: null,
    workspace_url: workspaceUrl,
  };
}
