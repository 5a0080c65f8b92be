import { type Draft, readDraft } from './draft.ts';
import { numberIn, objectIn, textIn } from './loose-value.ts';
import { type Media, readMedia } from './media.ts';

/** What a session holds upstream, as far as this product cares. */
export type SessionState = {
  draft: Draft;
  /** The draft as it came, for a render; null where there is none. */
  rawDraft: unknown;
  media: Media[];
  /** In pixels. */
  canvas: { width: number; height: number; ratio: string | null } | null;
  /** The account's user, where the answer names it. */
  userId: string | null;
};

/**
 * Reads the `data` of GET state (`{state: {draft, …}, user_id}`) or the bare state in it. Never throws: what is
 * missing or of another shape is absent (nemovideo-api.md: every field is optional to a reader).
 */
export function readSessionState(data: unknown): SessionState {
  const outer = objectIn(data) ?? {};
  const state = objectIn(outer.state) ?? outer;
  const canvas = objectIn(state.canvas_config);
  const width = numberIn(canvas?.width);
  const height = numberIn(canvas?.height);
  const draft = objectIn(state.draft);
  const userId = textIn(outer.user_id, state.user_id);
  return {
    draft: readDraft(draft),
    // An empty draft is none: servers write one into a new session by themselves.
    rawDraft: draft && Object.keys(draft).length > 0 ? draft : null,
    media: readMedia(state.generated_media),
    canvas: width !== null && height !== null ? { width, height, ratio: textIn(canvas?.ratio) } : null,
    // `me` stands for the token's user; it names nobody.
    userId: userId === 'me' ? null : userId,
  };
}
