import { canonicalJson } from './canonical-json.ts';
import type { Segment } from './draft.ts';
import type { TimelineChange, TrackType } from './job.ts';
import { objectIn } from './loose-value.ts';
import type { Media } from './media.ts';
import type { SessionState } from './session-state.ts';
import { percent, segmentDetail, segmentTitle, span, trackType } from './timeline/timeline.ts';

/**
 * What a state holds that a turn can change, as one canonical text: the draft and the ids and URLs of the generated
 * media, nothing else (architecture.md, money rule 3: `video_analyses` fills in by itself). The order of the media
 * and of keys does not count.
 */
export function stateFingerprint(state: SessionState): string {
  const media = state.media.map(({ id, url }) => ({ id, url })).sort((a, b) => (a.url < b.url ? -1 : 1));
  return canonicalJson({ draft: state.rawDraft, media });
}

/**
 * What a turn changed, in the order of the timeline: segments added, changed, removed, and media that are on no
 * track. Segments are matched by id; without ids by content, then title and source, then place. Empty only if the
 * two states are the same: a change that no segment shows is reported as one of the project's settings.
 */
export function diffStates(before: SessionState, after: SessionState): TimelineChange[] {
  const { pairs, removed } = matchSegments(placeSegments(before), placeSegments(after));
  const changes = [
    ...pairs.flatMap(({ was, is }) => (was ? changed(was, is) : [added(is)])),
    ...removed.map(gone),
    ...looseMedia(after, before).map((media) => mediaChange('add', media)),
    ...looseMedia(before, after).map((media) => mediaChange('remove', media)),
  ];
  if (changes.length > 0 || stateFingerprint(before) === stateFingerprint(after)) return changes;
  return [{ op: 'change', track: 'other', title: 'project', detail: 'settings' }];
}

/** A segment and where it is: `place` is the how-manieth of how-manieth track of its type. */
type Placed = { segment: Segment; type: TrackType; place: string };
type Pair = { was: Placed | null; is: Placed };

function placeSegments(state: SessionState): Placed[] {
  const seen = new Map<number, number>();
  return state.draft.tracks.flatMap((track) => {
    const nth = seen.get(track.type) ?? 0;
    seen.set(track.type, nth + 1);
    return track.segments.map((segment, at) => ({
      segment,
      type: trackType(track.type),
      place: `${track.type}/${nth}/${at}`,
    }));
  });
}

/** The ways to recognise a segment, surest first; null where a way does not apply. */
const KEYS: ((placed: Placed) => string | null)[] = [
  ({ segment }) => segment.id,
  // Ids may be given anew on every save.
  (placed) => content(placed),
  ({ segment, type }) => (segment.id === null ? `${type} ${segment.title} ${segment.source}` : null),
  ({ segment, place }) => (segment.id === null ? place : null),
];

function matchSegments(before: Placed[], after: Placed[]): { pairs: Pair[]; removed: Placed[] } {
  const left = new Set(before);
  const matches = new Map<Placed, Placed>();
  for (const keyOf of KEYS) {
    const known = new Map<string, Placed[]>();
    for (const was of left) {
      const key = keyOf(was);
      if (key !== null) known.set(key, [...(known.get(key) ?? []), was]);
    }
    for (const is of after) {
      const key = matches.has(is) ? null : keyOf(is);
      const was = key === null ? undefined : known.get(key)?.shift();
      if (!was) continue;
      matches.set(is, was);
      left.delete(was);
    }
  }
  return { pairs: after.map((is) => ({ was: matches.get(is) ?? null, is })), removed: [...left] };
}

function content({ segment, type }: Placed): string {
  const { id: _id, ...rest } = objectIn(segment.raw) ?? {};
  return canonicalJson([type, segment.startMs, segment.endMs, segment.volume, rest]);
}

function changed(was: Placed, is: Placed): TimelineChange[] {
  if (content(was) === content(is)) return [];
  const [old, now] = [was.segment, is.segment];
  const details: string[] = [];
  if (was.type !== is.type) details.push(`${was.type} → ${is.type}`);
  if (segmentTitle(old) !== segmentTitle(now)) details.push(`"${segmentTitle(old)}" → "${segmentTitle(now)}"`);
  else if (old.source !== now.source) details.push('new source');
  if (span(old) !== span(now)) details.push(`${span(old)} → ${span(now)}`);
  if (old.volume !== now.volume) details.push(`volume ${loudness(old)} → ${loudness(now)}`);
  return [{ op: 'change', track: is.type, title: segmentTitle(now), detail: details.join(', ') || 'settings' }];
}

function added({ segment, type }: Placed): TimelineChange {
  return { op: 'add', track: type, title: segmentTitle(segment), detail: segmentDetail(type, segment) };
}

function gone({ segment, type }: Placed): TimelineChange {
  return { op: 'remove', track: type, title: segmentTitle(segment), detail: segmentDetail(type, segment) };
}

function loudness({ volume }: Segment): string {
  return volume === null ? 'default' : percent(volume);
}

/** Media of the one state that the other does not have, and that are on no track: a track tells of itself. */
function looseMedia(state: SessionState, other: SessionState): Media[] {
  const placed = new Set(placeSegments(state).map(({ segment }) => segment.source));
  const known = new Set(other.media.map((media) => media.url));
  return state.media.filter(({ url }) => !placed.has(url) && !known.has(url));
}

const MEDIA_TRACKS: Record<Media['kind'], TrackType> = {
  video: 'video',
  image: 'video',
  audio: 'audio',
  other: 'other',
};

function mediaChange(op: 'add' | 'remove', { url, kind }: Media): TimelineChange {
  const title = segmentTitle({ id: null, title: null, source: url, startMs: 0, endMs: 0, volume: null, raw: null });
  return { op, track: MEDIA_TRACKS[kind], title, detail: `${kind === 'other' ? 'file' : kind}, on no track` };
}
