/** A timeline in the upstream's short names (nemovideo-api.md, "GET /api/state"): times in ms, volume 0–1. */
export type Draft = { v: number; d: number; m: DraftMeta; t: Track[] };
type DraftMeta = { title: string; width: number; height: number; prompt: string };
/** `tt`: 0 video, 1 audio, 7 text. */
type Track = { id: string; tt: 0 | 1 | 7; sg: Segment[] };
type Segment = {
  id: string;
  src?: string;
  st: number;
  d: number;
  vol?: number;
  text?: string;
  m?: { title: string };
};

const TITLE_MS = 3_000;

/** A draft with nothing but one clip on it. */
export function draftOfClip(clip: { url: string; durationMs: number }, meta: DraftMeta): Draft {
  const segment = { id: 'sg_1', src: clip.url, st: 0, d: clip.durationMs, m: { title: meta.title } };
  return { v: 1, d: clip.durationMs, m: meta, t: [{ id: 'trk_v1', tt: 0, sg: [segment] }] };
}

export function withMusic(draft: Draft): Draft {
  const src = 'https://cdn.example.test/bgm/lofi.mp3';
  const segment = { id: 'sg_2', src, st: 0, d: draft.d, vol: 0.35, m: { title: 'Lo-fi' } };
  return { ...draft, v: draft.v + 1, t: [...draft.t, { id: 'trk_a1', tt: 1, sg: [segment] }] };
}

/** The draft with one more text track, at its start. */
export function withTitle(draft: Draft, text: string): Draft {
  const nth = draft.t.filter((track) => track.tt === 7).length + 1;
  const segment = { id: `sg_t${nth}`, text, st: 0, d: Math.min(TITLE_MS, draft.d) };
  return { ...draft, v: draft.v + 1, t: [...draft.t, { id: `trk_t${nth}`, tt: 7, sg: [segment] }] };
}
