import { describe, expect, it } from 'vitest';
import { readSessionState } from '../../../src/lib/domain/session-state.ts';
import { isExportable, timelineSummary, timelineView } from '../../../src/lib/domain/timeline/timeline.ts';

const EMPTY = readSessionState(null);

const stateWith = (...t: unknown[]) => readSessionState({ draft: { t } });
const documented = stateWith(
  { tt: 0, sg: [{ d: 10000, m: { title: 'city timelapse' } }] },
  { tt: 1, sg: [{ d: 10000, m: { name: 'Lo-fi', volume: 0.35 } }] },
  { tt: 7, sg: [{ d: 3000, text: 'Urban Dreams' }] },
);

describe('the summary of a timeline', () => {
  it('is the documented line', () => {
    expect(timelineSummary(documented)).toBe(
      'Timeline (3 tracks): 1. Video: city timelapse (0-10s) 2. BGM: Lo-fi (0-10s, 35%) 3. Title: "Urban Dreams" (0-3s)',
    );
  });

  it.each<[string, unknown[], string]>([
    ['an empty timeline', [], 'Timeline (0 tracks)'],
    ['tracks without segments', [{ tt: 0, sg: [] }, { tt: 1 }], 'Timeline (0 tracks)'],
    ['one track', [{ tt: 0, sg: [{ d: 1000, m: { title: 'a' } }] }], 'Timeline (1 track): 1. Video: a (0-1s)'],
    [
      'a track of another type',
      [{ tt: 12, sg: [{ d: 1000, m: { title: 'Glow' } }] }],
      'Timeline (1 track): 1. Track 12: Glow (0-1s)',
    ],
    ['a track of no type', [{ sg: [{ d: 1000 }] }], 'Timeline (1 track): 1. Track: untitled (0-1s)'],
    [
      'several segments and broken seconds',
      [
        {
          tt: 0,
          sg: [
            { d: 1500, m: { title: 'a' } },
            { d: 2333, m: { title: 'b' } },
          ],
        },
      ],
      'Timeline (1 track): 1. Video: a (0-1.5s), b (1.5-3.83s)',
    ],
    [
      'file names where titles are missing',
      [
        { tt: 0, sg: [{ d: 1000, src: 'https://c/x/my%20clip.mp4?sig=1' }] },
        { tt: 0, sg: [{ d: 1000, src: 'https://c/%zz.mp4' }] },
      ],
      'Timeline (2 tracks): 1. Video: my clip.mp4 (0-1s) 2. Video: %zz.mp4 (0-1s)',
    ],
    [
      'a video at full volume',
      [{ tt: 0, sg: [{ d: 1000, vol: 1, text: 'a' }] }],
      'Timeline (1 track): 1. Video: a (0-1s)',
    ],
    ['a muted video', [{ tt: 0, sg: [{ d: 1000, vol: 0, text: 'a' }] }], 'Timeline (1 track): 1. Video: a (0-1s, 0%)'],
    [
      'music at full volume',
      [{ tt: 1, sg: [{ d: 1000, vol: 1, text: 'a' }] }],
      'Timeline (1 track): 1. BGM: a (0-1s, 100%)',
    ],
    [
      'a title of two lines',
      [{ tt: 7, sg: [{ d: 1000, text: 'a\n b' }] }],
      'Timeline (1 track): 1. Title: "a b" (0-1s)',
    ],
  ])('is right for %s', (_what, tracks, summary) => {
    expect(timelineSummary(stateWith(...tracks))).toBe(summary);
  });

  it('stays one readable line for a thousand subtitles', () => {
    const sg = Array.from({ length: 1000 }, (_, at) => ({ d: 1000, text: `line ${at}` }));
    expect(timelineSummary(stateWith({ tt: 7, sg }))).toMatch(/"line 9" \(9-10s\), \+990 more$/);
    expect(timelineSummary(stateWith({ tt: 7, sg: [{ d: 1, text: 'x'.repeat(500) }] })).length).toBeLessThan(150);
  });
});

describe('the view of a timeline', () => {
  it('is the one of the REST contract', () => {
    expect(timelineView(documented)).toEqual({
      summary: timelineSummary(documented),
      duration_ms: 10000,
      tracks: [
        { type: 'video', title: 'city timelapse', start_ms: 0, end_ms: 10000, volume: null },
        { type: 'audio', title: 'Lo-fi', start_ms: 0, end_ms: 10000, volume: 0.35 },
        { type: 'text', title: 'Urban Dreams', start_ms: 0, end_ms: 3000, volume: null },
      ],
    });
  });

  it('spans all segments of a track, and names a volume they share', () => {
    const track = (...volumes: number[]) => ({
      tt: 1,
      sg: volumes.map((vol, at) => ({ st: 1000 + at * 1000, d: 500, vol, text: `s${at}` })),
    });
    expect(timelineView(stateWith(track(0.5, 0.5), track(0.5, 1))).tracks).toEqual([
      { type: 'audio', title: 's0, s1', start_ms: 1000, end_ms: 2500, volume: 0.5 },
      { type: 'audio', title: 's0, s1', start_ms: 1000, end_ms: 2500, volume: null },
    ]);
  });

  it.each([1e306, -1e306, 1e21])('has no endless number where a draft has an absurd one: %d', (absurd) => {
    const segment = { st: absurd, d: absurd, vol: absurd, text: 'slip' };
    const view = timelineView(stateWith({ tt: 1, sg: [segment, { ...segment, st: undefined }] }));
    expect(view.summary).toMatch(/^Timeline \(1 track\): 1\. BGM: slip \(\d+-\d+s, -?\d+%\), slip/);
    expect(JSON.parse(JSON.stringify(view))).toEqual(view);
  });

  it('of more segments than a call takes arguments is made all the same', () => {
    const sg = Array.from({ length: 200_000 }, () => ({ d: 1_000 }));
    expect(timelineView(readSessionState({ draft: { t: [{ tt: 0, sg }] } })).tracks).toHaveLength(1);
  });

  it('of nothing is empty', () => {
    expect(timelineView(EMPTY)).toEqual({ summary: 'Timeline (0 tracks)', duration_ms: 0, tracks: [] });
  });
});

it('a timeline is exportable when a track has a segment', () => {
  expect(isExportable(EMPTY)).toBe(false);
  expect(isExportable(stateWith({ tt: 0, sg: [] }))).toBe(false);
  expect(isExportable(stateWith({ tt: 0, sg: [] }, { tt: 7, sg: [{}] }))).toBe(true);
});
