import { type LooseObject, listIn, numberIn, objectIn, textIn } from './loose-value.ts';

/** A piece of a track. Times in ms from the start of the video; volume 0–1, null where the draft names none. */
export type Segment = {
  id: string | null;
  title: string | null;
  /** Where its picture or sound comes from. */
  source: string | null;
  startMs: number;
  endMs: number;
  volume: number | null;
  /** As the upstream wrote it: what changed in it may be something we have no name for. */
  raw: unknown;
};
/** `type` as in the draft's `tt`: 0 video, 1 audio, 7 text; -1 where it names none. */
export type Track = { type: number; segments: Segment[] };
export type Draft = { tracks: Track[]; durationMs: number };

const TEXT_TRACK = 7;
/** No video is longer than a year: what claims to be is a slip, and sums of such times would be Infinity. In ms. */
const LONGEST_MS = 366 * 86_400_000;

/** Reads a draft (nemovideo-api.md, GET state: short names, all of them optional). Anything else is an empty one. */
export function readDraft(raw: unknown): Draft {
  const draft = objectIn(raw);
  const tracks = listIn(draft?.t).map((track) => readTrack(objectIn(track) ?? {}));
  const end = tracks.flatMap(({ segments }) => segments).reduce((last, { endMs }) => Math.max(last, endMs), 0);
  return { tracks, durationMs: duration(draft?.d) ?? end };
}

function readTrack(raw: LooseObject): Track {
  const type = numberIn(raw.tt) ?? -1;
  const shared = objectIn(raw.m) ?? {};
  const segments: Segment[] = [];
  // Segments that name no start follow one another.
  for (const item of listIn(raw.sg)) {
    segments.push(readSegment(objectIn(item) ?? {}, type, shared, segments.at(-1)?.endMs ?? 0));
  }
  return { type, segments };
}

function readSegment(raw: LooseObject, type: number, track: LooseObject, follows: number): Segment {
  const m = objectIn(raw.m) ?? {};
  const startMs = duration(raw.st) ?? duration(raw.s) ?? follows;
  const words = [m.text, raw.text];
  const names = [m.title, m.name, raw.title, raw.name];
  const title = textIn(...(type === TEXT_TRACK ? [...words, ...names] : [...names, ...words]), track.title, track.name);
  const id = typeof raw.id === 'number' ? String(raw.id) : textIn(raw.id);
  return {
    id,
    title,
    source: textIn(raw.src, m.src, raw.url, m.url, m.source_url, m.cdn_url, raw.cdn_url),
    startMs,
    endMs: startMs + (duration(raw.d) ?? 0),
    volume: numberIn(m.volume, m.vol, raw.volume, raw.vol, track.volume, track.vol),
    raw,
  };
}

function duration(value: unknown): number | null {
  const ms = numberIn(value);
  return ms === null ? null : Math.min(Math.max(0, Math.round(ms)), LONGEST_MS);
}
