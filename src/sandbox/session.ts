import type { Draft } from './agent/draft.ts';
import type { RenderShape, RenderStory } from './renders.ts';

type GeneratedMedia = {
  media_id: string;
  media_type: 'video';
  cdn_url: string;
  /** In seconds. */
  duration: number;
  width: number;
  height: number;
  fps: number;
  prompt: string;
};
type VideoInfo = { filename: string; file_type: string; cdn_url: string; duration?: number };

/** `state` in the answer of GET state. Values are replaced, never changed in place: a run works on what it read. */
export type SessionState = {
  draft: Draft | Record<string, never>;
  video_infos: readonly VideoInfo[];
  generated_media: readonly GeneratedMedia[];
  canvas_config?: { width: number; height: number; ratio: string };
  video_analyses?: readonly { filename: string; summary: string }[];
};

export type Session = {
  id: string;
  taskId: string;
  taskName: string;
  userId: string;
  state: SessionState;
  /** All drafts it ever had: each may be rendered. */
  drafts: Draft[];
  runningTurns: number;
  /** How its renders go; null: well. */
  renderStory: RenderStory | null;
  /** Renders submitted since that story began. */
  submits: number;
  renderShape: RenderShape;
};

export function newSession(ids: { id: string; taskId: string; taskName: string; userId: string }): Session {
  return {
    ...ids,
    state: { draft: {}, video_infos: [], generated_media: [] },
    drafts: [],
    runningTurns: 0,
    renderStory: null,
    submits: 0,
    renderShape: 'docs',
  };
}

export function hasDraft(draft: SessionState['draft']): draft is Draft {
  return 't' in draft;
}

/** Writes whole values over what is there, as ADK's `stateDelta` does: of two runs at once the later one wins. */
export function writeState(session: Session, writes: Partial<SessionState>): void {
  session.state = { ...session.state, ...writes };
  if (writes.draft && hasDraft(writes.draft)) session.drafts.push(writes.draft);
}
