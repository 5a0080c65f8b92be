import type { Segment, Track } from '../draft.ts';
import type { Timeline, TrackType } from '../job.ts';
import { cut } from '../loose-value.ts';
import type { SessionState } from '../session-state.ts';

const TYPES = new Map<number, TrackType>([
  [0, 'video'],
  [1, 'audio'],
  [7, 'text'],
]);
const LABELS: Record<Exclude<TrackType, 'other'>, string> = { video: 'Video', audio: 'BGM', text: 'Title' };
/** A track of subtitles may hold thousands; a summary is one line. */
const MAX_SHOWN = 10;
const MAX_TITLE = 80;
/** Drafts name volumes from 0 to 1; one far beyond is a slip of theirs, and must not become Infinity in words. */
const LOUDEST = 10_000;

/** What a track of the draft's number `tt` holds. */
export function trackType(tt: number): TrackType {
  return TYPES.get(tt) ?? 'other';
}

/**
 * The timeline in one line, in the format of nemovideo-api.md:
 * `Timeline (3 tracks): 1. Video: city timelapse (0-10s) 2. BGM: Lo-fi (0-10s, 35%) 3. Title: "Urban Dreams" (0-3s)`.
 * Tracks without segments are left out; several segments of a track are separated by commas, the eleventh and later
 * ones counted (`+4 more`).
 */
export function timelineSummary(state: SessionState): string {
  const tracks = filledTracks(state);
  const parts = tracks.map(
    (track, at) => `${at + 1}. ${label(track)}: ${listed(track, (segment) => shown(track, segment))}`,
  );
  const heading = `Timeline (${tracks.length} ${tracks.length === 1 ? 'track' : 'tracks'})`;
  return parts.length === 0 ? heading : `${heading}: ${parts.join(' ')}`;
}

/**
 * The timeline as the REST contract shows it (times in ms, volume 0–1), one entry a track; a volume only where all
 * its segments agree.
 */
export function timelineView(state: SessionState): Timeline {
  const tracks = filledTracks(state).map((track) => ({
    type: trackType(track.type),
    title: listed(track, segmentTitle),
    start_ms: track.segments.reduce((first, { startMs }) => Math.min(first, startMs), Number.POSITIVE_INFINITY),
    end_ms: track.segments.reduce((last, { endMs }) => Math.max(last, endMs), 0),
    volume: sharedVolume(track.segments),
  }));
  return { summary: timelineSummary(state), duration_ms: state.draft.durationMs, tracks };
}

/** The tracks that hold something: the others are no part of what is shown. */
export function filledTracks(state: SessionState): Track[] {
  return state.draft.tracks.filter((track) => track.segments.length > 0);
}

/** Ready for export: at least one track has a segment (nemovideo-api.md). */
export function isExportable(state: SessionState): boolean {
  return filledTracks(state).length > 0;
}

/** The segment's title, else the file name of its source, else "untitled"; one line of at most 80 characters. */
export function segmentTitle(segment: Segment): string {
  const name = segment.title ?? (segment.source === null ? null : fileName(segment.source));
  const line = (name ?? 'untitled').replaceAll(/\s+/g, ' ');
  return line.length > MAX_TITLE ? `${cut(line, MAX_TITLE - 1)}…` : line;
}

/** When the segment plays, in seconds, and how loud: `0-10s, 35%`. */
export function segmentDetail(type: TrackType, segment: Segment): string {
  const when = span(segment);
  const volume = volumeWorthSaying(type, segment.volume);
  return volume === null ? when : `${when}, ${percent(volume)}`;
}

/** The volume of several segments; null where they do not agree. */
export function sharedVolume(segments: readonly Segment[]): number | null {
  const volumes = new Set(segments.map((segment) => segment.volume));
  return volumes.size === 1 ? (segments[0]?.volume ?? null) : null;
}

/** Null where a volume says nothing: a picture's full one. A track of sound always names its own. */
export function volumeWorthSaying(type: TrackType, volume: number | null): number | null {
  return type === 'audio' || volume !== 1 ? volume : null;
}

/** `0-10s`, `1.5-3.25s`. */
export function span({ startMs, endMs }: Segment): string {
  return `${seconds(startMs)}-${seconds(endMs)}s`;
}

/** `35%`. */
export function percent(volume: number): string {
  return `${Math.round(Math.max(-LOUDEST, Math.min(volume, LOUDEST)) * 100)}%`;
}

function label(track: Track): string {
  const type = trackType(track.type);
  if (type !== 'other') return LABELS[type];
  return track.type < 0 ? 'Track' : `Track ${track.type}`;
}

function shown(track: Track, segment: Segment): string {
  const type = trackType(track.type);
  const title = segmentTitle(segment);
  return `${type === 'text' ? `"${title}"` : title} (${segmentDetail(type, segment)})`;
}

function listed(track: Track, show: (segment: Segment) => string): string {
  const more = track.segments.length - MAX_SHOWN;
  const list = track.segments.slice(0, MAX_SHOWN).map(show).join(', ');
  return more > 0 ? `${list}, +${more} more` : list;
}

function seconds(ms: number): string {
  return String(Number((ms / 1000).toFixed(2)));
}

function fileName(source: string): string | null {
  const path = source.split(/[?#]/, 1)[0] ?? '';
  const last = path.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(last) || null;
  } catch {
    return last || null;
  }
}
