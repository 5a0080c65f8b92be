import type { Track } from '../draft.ts';
import type { TrackType } from '../job.ts';
import { cut } from '../loose-value.ts';
import type { SessionState } from '../session-state.ts';
import { type Block, blocksOf } from './blocks.ts';
import { TIMELINE_STYLE } from './style.ts';
import { fitText, xmlText } from './svg-text.ts';
import { clockTime, timeAxis } from './time-axis.ts';
import { filledTracks, percent, timelineSummary, trackType } from './timeline.ts';

/** All lengths are pixels of the picture. */
const WIDTH = 960;
const MARGIN = 28;
/** Where the lanes begin: left of it stand their names, above it the heading and the axis. */
const LEFT = 144;
const TOP = 92;
const LANE = 52;
const GAP = 8;
const PLOT = WIDTH - LEFT - MARGIN;
/** Room for one label of the axis. */
const TICK = 72;
const FONT_SIZE = 12;

/** However much there is, the picture stays one to look at and to send. */
const MAX_LANES = 24;
const MAX_BLOCKS = 480;
const MAX_SUMMARY = 1000;
/** Thirty days; what claims to be longer is drawn as this long. In ms. */
const MAX_DURATION = 30 * 24 * 3_600_000;

const NAMES: Record<TrackType, string> = { video: 'Video', audio: 'Audio', text: 'Title', other: 'Track' };

/**
 * The timeline as a picture: a lane for each track that holds something, a block for each segment, a time axis above.
 * Follows the reader's light or dark scheme; needs no script and no font from elsewhere.
 */
export function timelineSvg(state: SessionState): string {
  const tracks = filledTracks(state);
  const ends = tracks.flatMap((track) => track.segments.map((segment) => segment.endMs));
  const durationMs = Math.min(
    ends.reduce((a, b) => Math.max(a, b), state.draft.durationMs),
    MAX_DURATION,
  );
  const drawn = tracks.slice(0, MAX_LANES);
  const more = tracks.length - drawn.length;
  const height = TOP + Math.max(2, drawn.length) * (LANE + GAP) - GAP + (more > 0 ? 32 : 0) + MARGIN;
  const count = `${tracks.length} ${tracks.length === 1 ? 'track' : 'tracks'}`;
  const parts =
    drawn.length === 0
      ? emptyTimeline()
      : [
          text('muted', WIDTH - MARGIN, 43, `${count} · ${clockTime(durationMs)}`, 'end'),
          axis(durationMs, TOP + drawn.length * (LANE + GAP) - GAP),
          ...drawn.map((track, at) => lane(track, nameOf(drawn, at), at, durationMs, drawn.length)),
        ];
  if (more > 0)
    parts.push(text('muted', LEFT, height - MARGIN - 4, `and ${more} more ${more === 1 ? 'track' : 'tracks'}`));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="tl" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="tl-title tl-desc">`,
    '<title id="tl-title">Timeline</title>',
    `<desc id="tl-desc">${xmlText(cut(timelineSummary(state), MAX_SUMMARY))}</desc>`,
    `<style>${TIMELINE_STYLE}</style>`,
    `<rect class="card" x=".5" y=".5" width="${WIDTH - 1}" height="${height - 1}" rx="14"/>`,
    text('heading', MARGIN, 44, 'Timeline'),
    ...parts,
    '</svg>',
    '',
  ].join('\n');
}

/** "Video", or "Video 2" where there are several. */
function nameOf(tracks: Track[], at: number): string {
  const types = tracks.map((track) => trackType(track.type));
  const type = types[at] ?? 'other';
  const alone = types.indexOf(type) === types.lastIndexOf(type);
  return alone ? NAMES[type] : `${NAMES[type]} ${types.slice(0, at + 1).filter((other) => other === type).length}`;
}

function axis(durationMs: number, bottom: number): string {
  const ticks = timeAxis(durationMs, PLOT / TICK).map(({ ms, label }) => {
    const x = LEFT + (durationMs === 0 ? 0 : (ms / durationMs) * PLOT);
    return `<path class="grid" d="M${px(x)} ${TOP - 8}V${bottom}"/>${text('tick', x, TOP - 14, label, x > WIDTH - MARGIN - 20 ? 'end' : 'middle')}`;
  });
  return ticks.join('\n');
}

function lane(track: Track, name: string, at: number, durationMs: number, lanes: number): string {
  const y = TOP + at * (LANE + GAP);
  const type = trackType(track.type);
  const clips = track.segments.length;
  return [
    `<circle class="${type}" cx="${MARGIN + 5}" cy="${y + 20}" r="5"/>`,
    text('name', MARGIN + 18, y + 24, name),
    text('muted', MARGIN + 18, y + 41, `${clips} ${clips === 1 ? 'clip' : 'clips'}`),
    `<rect class="lane" x="${LEFT}" y="${y}" width="${PLOT}" height="${LANE}" rx="8"/>`,
    ...blocksOf(track, Math.max(1, durationMs), PLOT, Math.floor(MAX_BLOCKS / lanes)).map((block) =>
      drawBlock(block, type, y),
    ),
  ].join('\n');
}

function drawBlock({ x, width, title, length, spoken, volume }: Block, type: TrackType, y: number): string {
  const padding = width < 72 ? 6 : 10;
  const inside = width - 2 * padding;
  const radius = Math.min(8, width / 3);
  const loud = volume === null ? '' : fitText(percent(volume), FONT_SIZE, inside - 48);
  const words = fitText(title, FONT_SIZE, inside - (loud === '' ? 0 : 48));
  const long = volume === null ? fitText(length, FONT_SIZE, inside) : '';
  return [
    `<svg x="${px(LEFT + x)}" y="${y}" width="${px(width)}" height="${LANE}"><title>${xmlText(spoken)}</title>`,
    `<rect class="${type}" width="${px(width)}" height="${LANE}" rx="${px(radius)}"/>`,
    volume === null ? '' : level(volume, width, radius),
    words === '' ? '' : text('on', padding, 22, words),
    loud === '' ? '' : text('on', width - padding, 22, loud, 'end'),
    long === length ? text('on soft', padding, 40, long) : '',
    '</svg>',
  ].join('');
}

/** The volume as editors draw it: a line across the clip, here in its lower half, where no text is. */
function level(volume: number, width: number, radius: number): string {
  const y = LANE - 8 - Math.min(1, volume) * 14;
  const [w, r] = [px(width), px(radius)];
  const area = `<path class="level" d="M0 ${px(y)}H${w}V${px(LANE - radius)}a${r} ${r} 0 0 1-${r} ${r}H${r}a${r} ${r} 0 0 1-${r}-${r}Z"/>`;
  return `${volume > 0 ? area : ''}<path class="line" d="M0 ${px(y)}H${w}"/>`;
}

function emptyTimeline(): string[] {
  return [
    `<rect class="ghost" x="${MARGIN}" y="${TOP - 24}" width="${WIDTH - 2 * MARGIN}" height="${2 * LANE + GAP + 24}" rx="10"/>`,
    text('name', WIDTH / 2, TOP + 38, 'Nothing on the timeline yet', 'middle'),
    text('muted', WIDTH / 2, TOP + 60, 'Send a prompt or a file: the first clip shows up here.', 'middle'),
  ];
}

function text(kind: string, x: number, y: number, words: string, anchor?: 'middle' | 'end'): string {
  return `<text class="${kind}" x="${px(x)}" y="${y}"${anchor ? ` text-anchor="${anchor}"` : ''}>${xmlText(words)}</text>`;
}

/** Half a pixel is not seen. */
function px(length: number): string {
  return String(Number(length.toFixed(1)));
}
