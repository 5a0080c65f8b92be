import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSessionState } from '../../../src/lib/domain/session-state.ts';
import { diffStates, stateFingerprint } from '../../../src/lib/domain/state-diff.ts';
import { isExportable, timelineView } from '../../../src/lib/domain/timeline/timeline.ts';

const segments = (sg: unknown, more: object = {}) =>
  readSessionState({ draft: { t: [{ tt: 0, sg, ...more }] } }).draft.tracks[0]?.segments ?? [];
const media = (generated_media: unknown) => readSessionState({ state: { generated_media } }).media;

describe('a session state', () => {
  it('reads the answer of GET state and the bare state alike', () => {
    const state = { draft: { d: 1000, t: [{ tt: 1, sg: [{ d: 1000 }] }] }, canvas_config: { width: 9, height: 16 } };
    const whole = readSessionState({ session_id: '1', user_id: 'anon_1', state });
    expect(whole).toEqual({ ...readSessionState(state), userId: 'anon_1' });
    expect(whole.canvas).toEqual({ width: 9, height: 16, ratio: null });
    expect(whole.rawDraft).toEqual(state.draft);
    expect(whole.draft.durationMs).toBe(1000);
  });

  it('finds the user in the state too, and nobody in "me"', () => {
    expect(readSessionState({ state: { user_id: 'anon_2' } }).userId).toBe('anon_2');
    expect(readSessionState({ user_id: 'me', state: {} }).userId).toBeNull();
  });

  it('is empty for anything else, an empty draft included', () => {
    for (const data of [
      null,
      undefined,
      5,
      'x',
      [],
      {},
      { state: null },
      { state: { draft: {}, generated_media: [] } },
    ]) {
      expect(readSessionState(data)).toEqual({
        draft: { tracks: [], durationMs: 0 },
        rawDraft: null,
        media: [],
        canvas: null,
        userId: null,
      });
    }
  });

  it('never makes a reader throw, whatever it holds', () => {
    const keys = fc.constantFrom(
      'state',
      'draft',
      't',
      'sg',
      'm',
      'd',
      'st',
      'tt',
      'generated_media',
      'url',
      'title',
      'vol',
    );
    const anyState = fc.object({ key: keys, maxDepth: 7 }).map((draft) => readSessionState({ draft, ...draft }));
    fc.assert(
      fc.property(anyState, anyState, (before, after) => {
        timelineView(after);
        isExportable(after);
        expect(diffStates(before, before)).toEqual([]);
        expect(diffStates(before, after).length > 0).toBe(stateFingerprint(before) !== stateFingerprint(after));
      }),
    );
  });
});

describe('a segment', () => {
  it.each<[string, object, object]>([
    ['st and vol on the segment', { st: 500, d: 1000, vol: 0.35 }, { startMs: 500, endMs: 1500, volume: 0.35 }],
    ['s, and volume under m', { s: 2000, d: 500, m: { volume: 0 } }, { startMs: 2000, endMs: 2500, volume: 0 }],
    ['numbers in texts', { st: '500', d: '1000' }, { startMs: 500, endMs: 1500 }],
    ['no duration', { st: 500 }, { startMs: 500, endMs: 500, volume: null }],
    ['a title under m', { m: { title: ' city timelapse ' } }, { title: 'city timelapse' }],
    ['a name under m', { m: { name: 'city', text: 'x' } }, { title: 'city' }],
    ['text on the segment', { text: 'Hi' }, { title: 'Hi' }],
    ['src', { src: 'https://c/a.mp4' }, { source: 'https://c/a.mp4', title: null }],
    ['a URL under m', { m: { url: 'https://c/a.mp4' } }, { source: 'https://c/a.mp4' }],
    ['a numeric id', { id: 7 }, { id: '7' }],
    ['characters that no database takes', { text: 'a\u0000b\ud83e' }, { title: 'a\uFFFDb\uFFFD' }],
  ])('is read with %s', (_what, raw, segment) => {
    expect(segments([raw])[0]).toMatchObject(segment);
  });

  it('without a start follows the one before it', () => {
    const times = segments([{ d: 1000 }, { d: 500 }, { st: 5000, d: 1 }, { d: 9 }]).map((one) => [
      one.startMs,
      one.endMs,
    ]);
    expect(times).toEqual([
      [0, 1000],
      [1000, 1500],
      [5000, 5001],
      [5001, 5010],
    ]);
  });

  it('takes title and volume of its track where it has none', () => {
    expect(segments([{}], { m: { title: 'Lo-fi', volume: 0.5 } })[0]).toMatchObject({ title: 'Lo-fi', volume: 0.5 });
  });

  it('of a text track is called by its text', () => {
    const draft = { t: [{ tt: 7, sg: [{ m: { title: 'Title 1', text: 'Urban Dreams' } }] }] };
    expect(readSessionState({ draft }).draft.tracks[0]?.segments[0]?.title).toBe('Urban Dreams');
  });
});

describe('generated media', () => {
  const item = {
    media_id: 'gm_1',
    media_type: 'video',
    cdn_url: 'https://c/gm_1.mp4',
    thumbnail_url: 'https://c/t.jpg',
  };
  const read = { id: 'gm_1', url: 'https://c/gm_1.mp4', kind: 'video' };

  it.each<[string, unknown, object[]]>([
    ['a list', [item], [read]],
    ['one object', item, [read]],
    ['a map by id', { gm_1: { url: 'https://c/gm_1.mp4', type: 'video' } }, [read]],
    ['lists by kind', { videos: [item], images: [] }, [read]],
    ['the same file twice', [item, item], [read]],
    ['a bare URL', ['https://c/a.PNG?x=1'], [{ id: null, url: 'https://c/a.PNG?x=1', kind: 'image' }]],
    ['a file of no known kind', [{ url: 'https://c/a' }], [{ id: null, url: 'https://c/a', kind: 'other' }]],
    ['music', [{ url: 'https://c/a', media_type: 'bgm' }], [{ id: null, url: 'https://c/a', kind: 'audio' }]],
    ['a placeholder without a URL as nothing', [{ media_id: 'gm_2', status: 'pending' }], []],
    ['nothing', undefined, []],
  ])('are read from %s', (_what, raw, expected) => {
    expect(media(raw)).toEqual(expected);
  });
});
