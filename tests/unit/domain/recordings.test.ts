import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { turnText } from '../../../src/lib/domain/stream/words.ts';
import { decideTurn, type TurnOutcome } from '../../../src/lib/domain/turn-outcome.ts';
import { foldChunks, foldPayloads, payloadsIn, recorded, recordings } from './recordings.ts';

const TITLE = { op: 'add', track: 'text', detail: '0-3s' };
const GENERATED = [
  { op: 'add', track: 'video', title: 'gm_001.mp4', detail: '0-10s' },
  { op: 'add', track: 'audio', title: 'lofi.mp3', detail: '0-10s, 35%' },
];
const said = (text: string, changes: unknown[] = []) => ({
  kind: 'done',
  text,
  changes,
  silent: text === '',
  incomplete: false,
});
const READY =
  'Generating your video now… this takes a while.\n\nYour video is ready: a fox in the snow (10s). Click the Export button to download it.';

describe('a recorded run', () => {
  it.each<[string, unknown]>([
    ['text.plain', said('Sure — I can make a 10-second fox video for you. 🦊')],
    ['text.stream', said('Sure — I can make a 10-second fox video for you. 🦊')],
    ['tool.plain', said(READY, GENERATED)],
    ['tool.stream', said(READY, GENERATED)],
    ['silent.plain', said('', [{ ...TITLE, title: 'Paradise Found' }])],
    ['silent.stream', said('', [{ ...TITLE, title: 'Paradise Found' }])],
    [
      'twostage.plain',
      said('Stage one.\n\nRaw video ready, adding a title.\n\nAll done: video + title.', [
        ...GENERATED,
        { ...TITLE, title: 'Foxes' },
      ]),
    ],
    ['parallel.plain', said('Checking three things.\n\nFound one track, one scene, 4242 credits.')],
    ['thought.stream', said('Here is the plan: one shot.\n\nMusic: 夜曲.')],
    [
      'error.stream',
      {
        kind: 'failed',
        code: 'agent_error',
        detail: 'UNKNOWN_ERROR: upstream model connection reset: "socket hang up"\nline two 错误',
      },
    ],
    [
      'error-fatal.plain',
      { kind: 'failed', code: 'agent_error', detail: 'fatal after agent: "quoted" 失败\nsecond line' },
    ],
  ])('%s ends as it did', (name, outcome) => {
    const { bytes, before, after } = recorded(name);
    expect(decideTurn({ fold: foldChunks([bytes]), end: 'closed', before, after })).toEqual(outcome);
  });

  it('unicode.plain ends with every character of its text', () => {
    const { bytes, before, after } = recorded('unicode.plain');
    const outcome: TurnOutcome = decideTurn({ fold: foldChunks([bytes]), end: 'closed', before, after });
    const { text } = JSON.parse(payloadsIn([bytes])[0] ?? '').content.parts[0];
    expect(outcome).toMatchObject({ kind: 'done', text: text.trim(), incomplete: false });
    expect(text).toContain('U+2028[\u2028] U+2029[\u2029] U+0085[\u0085] BOM[\uFEFF]');
  });

  // The fold is a function of the payloads; comparing those is what makes 18,000 cuts cheap.
  it.each(recordings)('$name gives the same payloads, and so the same fold, cut at any byte', ({ bytes }) => {
    const whole = payloadsIn([bytes]);
    const different: number[] = [];
    for (let at = 1; at < bytes.length; at += 1) {
      const payloads = payloadsIn([bytes.subarray(0, at), bytes.subarray(at)]);
      if (payloads.length !== whole.length || payloads.some((one, n) => one !== whole[n])) different.push(at);
    }
    expect(different).toEqual([]);
  });

  it.each(recordings)('$name gives the same fold in chunks of any sizes', ({ bytes }) => {
    const whole = foldChunks([bytes]);
    fc.assert(
      fc.property(fc.array(fc.nat({ max: bytes.length }), { maxLength: 300 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = edges.slice(1).map((edge, at) => bytes.subarray(edges[at], edge));
        expect(foldChunks(chunks)).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  it.each(recordings)('$name reads the same with CRLF and CR line ends', ({ bytes }) => {
    const stream = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
    for (const end of ['\r\n', '\r']) {
      const other = new TextEncoder().encode(stream.replaceAll('\n', end));
      expect(payloadsIn([other])).toEqual(payloadsIn([bytes]));
    }
  });

  it.each(recordings)('$name never claims more than it knows when it is cut after any frame', ({ bytes, before }) => {
    const payloads = payloadsIn([bytes]);
    for (let frames = 0; frames <= payloads.length; frames += 1) {
      const fold = foldPayloads(payloads.slice(0, frames));
      const outcome = decideTurn({ fold, end: 'lost', before, after: before });
      expect(outcome.kind).toBe(fold.fatal ? 'failed' : 'undecided');
    }
  });

  it('error.stream keeps its draft, marked as broken off', () => {
    expect(turnText(foldChunks([recorded('error.stream').bytes]))).toEqual({
      text: 'Starting to work on it…',
      incomplete: true,
    });
  });

  it.each<[string, object]>([
    [
      'tool.stream',
      { lastTool: 'generate_video_with_seedance', toolResponses: 1, toolFailures: 0, stateTouched: true },
    ],
    ['silent.plain', { silent: true, errors: [], lastTool: 'edit_multitrack', stateTouched: true }],
    ['silent.stream', { silent: false, errors: [], texts: [], drafts: [], frames: 4, unreadable: 0 }],
    ['parallel.plain', { toolResponses: 3, toolFailures: 0, stateTouched: false, lastTool: 'get_credits' }],
    [
      'text.stream',
      { texts: [{ text: 'Sure — I can make a 10-second fox video for you. 🦊', final: true }], drafts: [] },
    ],
    ['error-fatal.plain', { fatal: { message: 'fatal after agent: "quoted" 失败\nsecond line' }, errors: [] }],
  ])('%s folds into what it showed', (name, facts) => {
    expect(foldChunks([recorded(name).bytes])).toMatchObject(facts);
  });
});
