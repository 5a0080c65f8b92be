import type { Segment, Track } from '../draft.ts';
import { clockTime } from './time-axis.ts';
import { percent, segmentTitle, sharedVolume, trackType, volumeWorthSaying } from './timeline.ts';

/** A piece of a lane. `x` and `width` in pixels of the lane; volume 0–1, null where there is none to show. */
export type Block = { x: number; width: number; title: string; length: string; spoken: string; volume: number | null };

/** A segment narrower than this is joined with its neighbours: a title would not fit, nor could it be told apart. */
const NARROW = 6;
/** A block of joined segments grows to this width: room for "×23". */
const JOINED = 56;
/** Ends before its neighbour begins, so that both are seen. */
const GAP = 2;
/** The narrowest a block is drawn: a segment without a duration is there all the same. */
const LEAST = 4;

/** Four digits of percent fit in; nothing is drawn louder. */
const LOUDEST = 10;

type Run = { startMs: number; endMs: number; segments: [Segment, ...Segment[]] };

/** The blocks of a track on a lane of so many pixels for so many ms, at most `most` of them, from left to right. */
export function blocksOf(track: Track, durationMs: number, width: number, most: number): Block[] {
  const pixels = (ms: number) => (ms / durationMs) * width;
  // A draft may claim any time.
  const within = (ms: number) => Math.min(ms, durationMs);
  const segments = track.segments.map((segment) => ({
    ...segment,
    startMs: within(segment.startMs),
    endMs: within(segment.endMs),
  }));
  // Of two neighbours and the gap between them one is not narrow: so there are no more than `most`, where none overlap.
  const narrow = segments.length > most ? Math.max(NARROW, (2 * width) / (most - 1)) : NARROW;
  return joined(segments, pixels, narrow)
    .slice(0, most)
    .map((run) => {
      const x = Math.min(pixels(run.startMs), width - LEAST);
      return { x, width: Math.max(LEAST, pixels(run.endMs) - x - GAP), ...wordsOf(track, run) };
    });
}

function joined(segments: Segment[], pixels: (ms: number) => number, narrow: number): Run[] {
  const runs: Run[] = [];
  for (const segment of segments.toSorted((a, b) => a.startMs - b.startMs)) {
    const { startMs, endMs } = segment;
    const last = runs.at(-1);
    const small = pixels(endMs) - pixels(startMs) < narrow;
    const near = last && pixels(startMs) - pixels(last.endMs) < narrow;
    const lastWidth = last ? pixels(last.endMs) - pixels(last.startMs) : 0;
    const lastSmall = last && (last.segments.length > 1 ? lastWidth < Math.max(JOINED, narrow) : lastWidth < narrow);
    if (last && small && near && lastSmall) {
      last.segments.push(segment);
      last.endMs = Math.max(last.endMs, endMs);
    } else {
      runs.push({ startMs, endMs, segments: [segment] });
    }
  }
  return runs;
}

function wordsOf(
  track: Track,
  { startMs, endMs, segments }: Run,
): Pick<Block, 'title' | 'length' | 'spoken' | 'volume'> {
  const [only, ...others] = segments;
  const type = trackType(track.type);
  const name = others.length > 0 ? `${segments.length} clips` : segmentTitle(only);
  const volume = volumeWorthSaying(type, sharedVolume(segments));
  const shown = volume === null ? null : Math.min(Math.max(0, volume), LOUDEST);
  const when = `${clockTime(startMs, endMs)} to ${clockTime(endMs)}`;
  const loud = shown === null ? '' : `, volume ${percent(shown)}`;
  return {
    title: others.length > 0 ? `×${segments.length}` : name,
    length: clockTime(endMs - startMs),
    spoken: `${name}, ${when}${loud}`,
    volume: shown,
  };
}
