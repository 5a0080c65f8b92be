import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSessionState } from '../../../src/lib/domain/session-state.ts';
import { diffStates, stateFingerprint } from '../../../src/lib/domain/state-diff.ts';
import { recorded } from './recordings.ts';

const EMPTY = readSessionState(null);

type Raw = Record<string, unknown>;
const video = (...sg: Raw[]) => ({ tt: 0, sg });
const stateWith = (tracks: unknown[], more: Raw = {}) => readSessionState({ draft: { t: tracks }, ...more });
const diff = (before: unknown[], after: unknown[]) => diffStates(stateWith(before), stateWith(after));
const A = { id: 'a', d: 1000, text: 'A' };
const B = { id: 'b', d: 2000, text: 'B' };
const bare = (segment: Raw) => Object.fromEntries(Object.entries(segment).filter(([key]) => key !== 'id'));

describe('the changes of a turn', () => {
  it.each<[string, unknown[], unknown[], object[]]>([
    ['nothing', [video(A, B)], [video(A, B)], []],
    ['a new segment', [video(A)], [video(A, B)], [{ op: 'add', track: 'video', title: 'B', detail: '1-3s' }]],
    ['a removed segment', [video(A, B)], [video(A)], [{ op: 'remove', track: 'video', title: 'B', detail: '1-3s' }]],
    [
      'a replaced segment',
      [video(A)],
      [video(B)],
      [
        { op: 'add', track: 'video', title: 'B', detail: '0-2s' },
        { op: 'remove', track: 'video', title: 'A', detail: '0-1s' },
      ],
    ],
    [
      'a new title',
      [video(A)],
      [video({ ...A, text: 'Z' })],
      [{ op: 'change', track: 'video', title: 'Z', detail: '"A" → "Z"' }],
    ],
    [
      'a new time',
      [video(A)],
      [video({ ...A, d: 2500 })],
      [{ op: 'change', track: 'video', title: 'A', detail: '0-1s → 0-2.5s' }],
    ],
    [
      'a new volume',
      [{ tt: 1, sg: [{ ...A, vol: 0.35 }] }],
      [{ tt: 1, sg: [{ ...A, vol: 0.5 }] }],
      [{ op: 'change', track: 'audio', title: 'A', detail: 'volume 35% → 50%' }],
    ],
    [
      'a volume set on the whole track',
      [{ tt: 1, sg: [A] }],
      [{ tt: 1, sg: [A], m: { volume: 0.2 } }],
      [{ op: 'change', track: 'audio', title: 'A', detail: 'volume default → 20%' }],
    ],
    [
      'a new source',
      [video({ ...A, src: 'https://c/1.mp4' })],
      [video({ ...A, src: 'https://c/2.mp4' })],
      [{ op: 'change', track: 'video', title: 'A', detail: 'new source' }],
    ],
    [
      'an effect that has no name here',
      [video(A)],
      [video({ ...A, fx: ['glow'] })],
      [{ op: 'change', track: 'video', title: 'A', detail: 'settings' }],
    ],
    [
      'a move to another track',
      [video(A)],
      [{ tt: 5, sg: [A] }],
      [{ op: 'change', track: 'other', title: 'A', detail: 'video → other' }],
    ],
    [
      'no segment’s when only ids are new',
      [video(A)],
      [video({ ...A, id: 'new' })],
      [{ op: 'change', track: 'other', title: 'project', detail: 'settings' }],
    ],
    [
      'a segment put before one without id',
      [video(bare(A))],
      [video(bare(B), bare(A))],
      [
        { op: 'add', track: 'video', title: 'B', detail: '0-2s' },
        { op: 'change', track: 'video', title: 'A', detail: '0-1s → 2-3s' },
      ],
    ],
    [
      'a segment without id, by its place',
      [video(bare(A))],
      [video(bare({ ...A, text: 'Z' }))],
      [{ op: 'change', title: 'Z' }],
    ],
    [
      'the settings of a track',
      [video(A)],
      [{ ...video(A), muted: true }],
      [{ op: 'change', track: 'other', title: 'project', detail: 'settings' }],
    ],
  ])('are %s', (_what, before, after, changes) => {
    expect(diff(before, after)).toMatchObject(changes);
    expect(diff(before, after)).toHaveLength(changes.length);
  });

  it('count media that are on no track, and media on a track only once', () => {
    const generated_media = [{ url: 'https://c/fox.mp4', type: 'video' }, { url: 'https://c/song.mp3' }];
    const loose = stateWith([], { generated_media });
    const placed = stateWith([video({ id: 'x', d: 1000, src: 'https://c/fox.mp4' })], { generated_media });
    expect(diffStates(EMPTY, loose)).toEqual([
      { op: 'add', track: 'video', title: 'fox.mp4', detail: 'video, on no track' },
      { op: 'add', track: 'audio', title: 'song.mp3', detail: 'audio, on no track' },
    ]);
    expect(diffStates(EMPTY, placed).map(({ title }) => title)).toEqual(['fox.mp4', 'song.mp3']);
    expect(diffStates(loose, placed)).toEqual([{ op: 'add', track: 'video', title: 'fox.mp4', detail: '0-1s' }]);
    expect(diffStates(loose, EMPTY).map(({ op }) => op)).toEqual(['remove', 'remove']);
  });

  it('of a recorded two-stage run are its clip, music and title', () => {
    const { before, after } = recorded('twostage.plain');
    expect(diffStates(before, after).map(({ op, track }) => `${op} ${track}`)).toEqual([
      'add video',
      'add audio',
      'add text',
    ]);
  });

  it('and those of the way back name the same segments', () => {
    const segment = fc.record({ id: fc.constantFrom('a', 'b', 'c'), d: fc.nat(5), text: fc.constantFrom('X', 'Y') });
    const track = fc.uniqueArray(segment, { selector: (one) => one.id });
    const back = { add: 'remove', remove: 'add', change: 'change' };
    fc.assert(
      fc.property(track, track, (was, is) => {
        const there = diff([video(...was)], [video(...is)]).map(({ op }) => op);
        const home = diff([video(...is)], [video(...was)]).map(({ op }) => back[op]);
        expect(home.sort()).toEqual(there.sort());
      }),
    );
  });
});

describe('the fingerprint of a state', () => {
  const media = [
    { media_id: '1', url: 'https://c/1.mp4', prompt: 'a' },
    { media_id: '2', url: 'https://c/2.mp4' },
  ];
  const state = { draft: { v: 1, t: [{ tt: 0, sg: [A] }] }, generated_media: media };
  const print = (more: Raw = {}) => stateFingerprint(readSessionState({ ...state, ...more }));

  it.each<[string, Raw]>([
    ['the order of keys', { draft: { t: [{ sg: [{ text: 'A', d: 1000, id: 'a' }], tt: 0 }], v: 1 } }],
    ['the order of media', { generated_media: [...media].reverse() }],
    ['media as a map', { generated_media: { x: media[0], y: media[1] } }],
    ['words about the media', { generated_media: media.map((one) => ({ ...one, prompt: 'b' })) }],
    ['analyses', { video_analyses: [{ scenes: [] }] }],
    ['file infos', { video_infos: [{ filename: 'x' }] }],
    ['the canvas', { canvas_config: { width: 1, height: 1 } }],
  ])('does not depend on %s', (_what, more) => {
    expect(print(more)).toBe(print());
  });

  it.each<[string, Raw]>([
    ['the draft', { draft: { ...state.draft, v: 2 } }],
    ['the order of segments', { draft: { t: [{ tt: 0, sg: [B, A] }] } }],
    ['new media', { generated_media: [...media, { url: 'https://c/3.mp4' }] }],
    ['a new URL', { generated_media: [{ media_id: '1', url: 'https://c/9.mp4' }, media[1]] }],
    ['a new id', { generated_media: [{ media_id: '9', url: 'https://c/1.mp4' }, media[1]] }],
  ])('depends on %s', (_what, more) => {
    expect(print(more)).not.toBe(print());
  });

  it('is the same for no draft and an empty one', () => {
    expect(stateFingerprint(readSessionState({ draft: {} }))).toBe(stateFingerprint(EMPTY));
  });

  it('is canonical JSON of draft and media', () => {
    expect(
      stateFingerprint(
        readSessionState({ draft: { b: 1, a: { d: 1, c: 2 } }, generated_media: [{ url: 'https://c/1' }] }),
      ),
    ).toBe('{"draft":{"a":{"c":2,"d":1},"b":1},"media":[{"id":null,"url":"https://c/1"}]}');
  });
});
