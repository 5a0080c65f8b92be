import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSessionState } from '../../../src/lib/domain/session-state.ts';
import { timelineSvg } from '../../../src/lib/domain/timeline/svg.ts';

const EMPTY = readSessionState(null);

const stateWith = (...t: unknown[]) => readSessionState({ draft: { t } });
const example = stateWith(
  { tt: 0, sg: [{ d: 10000, m: { title: 'city timelapse' } }] },
  { tt: 1, sg: [{ d: 10000, m: { name: 'Lo-fi', volume: 0.35 } }] },
  { tt: 7, sg: [{ d: 3000, text: 'Urban Dreams' }] },
);

/** The names of the elements of a well-formed document, in order; throws where it is not one. */
function elementsOf(xml: string): string[] {
  const open: string[] = [];
  const seen: string[] = [];
  const rest = xml.replaceAll(/<(\/?)([a-z]+)((?: [a-zA-Z:-]+="[^"<]*")*)(\/?)>|([^<]+)/g, (...found: string[]) => {
    const [, closing, name = '', attributes, empty, words] = found;
    const text = words ?? attributes ?? '';
    if (/&(?!(?:amp|lt|gt|quot|#39);)/.test(text)) throw new Error(`a bare & in ${text}`);
    if (words !== undefined) return '';
    if (closing && open.pop() !== name) throw new Error(`</${name}> closes nothing`);
    if (!closing) seen.push(name);
    if (!closing && !empty) open.push(name);
    return '';
  });
  if (rest !== '' || open.length > 0) throw new Error(`left open: ${open.join()} or not read: ${rest.slice(0, 80)}`);
  return seen;
}

const textsOf = (svg: string) =>
  [...svg.matchAll(/<text class="(\w+)[^>]*>([^<]*)</g)].map(([, kind, words]) => `${kind} ${words}`);
/** The blocks as [x, width]. */
const blocksOf = (svg: string) =>
  [...svg.matchAll(/<svg x="([\d.]+)" y="\d+" width="([\d.]+)"/g)].map(([, x, width]) => [Number(x), Number(width)]);

describe('the picture of a timeline', () => {
  it('has a lane for each track, with titles, lengths and volume, under an axis', () => {
    expect(textsOf(timelineSvg(example))).toEqual([
      'heading Timeline',
      'muted 3 tracks · 10s',
      ...Array.from({ length: 11 }, (_, second) => `tick ${second}s`),
      ...['name Video', 'muted 1 clip', 'on city timelapse', 'on 10s'],
      ...['name Audio', 'muted 1 clip', 'on Lo-fi', 'on 35%'],
      ...['name Title', 'muted 1 clip', 'on Urban Dreams', 'on 3s'],
    ]);
    expect(blocksOf(timelineSvg(example))).toEqual([
      [144, 786],
      [144, 786],
      [144, 234.4],
    ]);
  });

  it('can be read out', () => {
    const svg = timelineSvg(example);
    expect(svg).toContain('role="img" aria-labelledby="tl-title tl-desc"');
    expect(svg).toContain('<title id="tl-title">Timeline</title>');
    expect(svg).toContain(
      '<desc id="tl-desc">Timeline (3 tracks): 1. Video: city timelapse (0-10s) 2. BGM: Lo-fi (0-10s, 35%) 3. Title: &quot;Urban Dreams&quot; (0-3s)</desc>',
    );
    expect(svg).toContain('<title>Lo-fi, 0s to 10s, volume 35%</title>');
  });

  it('has a dark scheme and nothing from elsewhere', () => {
    const svg = timelineSvg(example);
    expect(svg).toContain('@media (prefers-color-scheme:dark)');
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/<script|href|url\(|@import|@font-face|https?:/);
  });

  it('draws the level of the volume, none at silence and all of it from 100 % on', () => {
    const lines = [0, 0.5, 1, 4].map((volume) => {
      const svg = timelineSvg(stateWith({ tt: 1, sg: [{ d: 1000, m: { volume } }] }));
      return [/class="line" d="M0 ([\d.]+)H/.exec(svg)?.[1], svg.includes('class="level"')];
    });
    expect(lines).toEqual([
      ['44', false],
      ['37', true],
      ['30', true],
      ['30', true],
    ]);
    expect(timelineSvg(stateWith({ tt: 0, sg: [{ d: 1000, m: { volume: 1 } }] }))).not.toContain('class="line"');
  });

  it('of nothing says so', () => {
    expect(textsOf(timelineSvg(EMPTY))).toEqual([
      'heading Timeline',
      'name Nothing on the timeline yet',
      'muted Send a prompt or a file: the first clip shows up here.',
    ]);
  });

  it('numbers tracks of one kind, and shows those of unknown kinds', () => {
    const sg = [{ d: 1000 }];
    const svg = timelineSvg(stateWith({ tt: 0, sg }, { tt: 12, sg }, { tt: 0, sg }, { tt: 1, sg: [] }));
    expect(textsOf(svg).filter((text) => text.startsWith('name'))).toEqual([
      'name Video 1',
      'name Track',
      'name Video 2',
    ]);
  });

  it('shows a segment of no length', () => {
    expect(blocksOf(timelineSvg(stateWith({ tt: 0, sg: [{ m: { title: 'a' } }] })))).toEqual([[144, 4]]);
    const end = stateWith({ tt: 0, sg: [{ d: 1000 }, { s: 1000 }] });
    expect(blocksOf(timelineSvg(end)).at(-1)).toEqual([928, 4]);
  });

  it('of an hour with 500 subtitles joins what could not be told apart', () => {
    const sg = Array.from({ length: 500 }, (_, at) => ({ d: 7200, text: `line ${at}` }));
    const svg = timelineSvg(stateWith({ tt: 7, sg }));
    const joined = textsOf(svg).filter((text) => text.startsWith('on ×'));
    expect(joined.reduce((sum, text) => sum + Number(text.slice(4)), 0)).toBe(500);
    expect(svg.length).toBeLessThan(20_000);
  });

  it('of 50 tracks and 500 segments each stays a picture', () => {
    const sg = Array.from({ length: 500 }, (_, at) => ({
      d: 100 + (at % 7) * 900,
      m: { title: `${at} ${'&'.repeat(80)}` },
    }));
    const svg = timelineSvg(stateWith(...Array.from({ length: 50 }, () => ({ tt: 0, sg }))));
    expect(svg.length).toBeLessThan(300_000);
    expect(Number(/height="(\d+)"/.exec(svg)?.[1])).toBeLessThan(1700);
    expect(textsOf(svg).at(-1)).toBe('muted and 26 more tracks');
    const last = Math.max(...blocksOf(svg).map(([x = 0, width = 0]) => x + width));
    expect(last).toBeGreaterThan(900);
  });

  it('shows all of a lane that has to join more than usual', () => {
    const sg = Array.from({ length: 60 }, () => ({ d: 1000 }));
    const blocks = blocksOf(timelineSvg(stateWith(...Array.from({ length: 24 }, () => ({ tt: 0, sg })))));
    expect(blocks.length).toBeLessThanOrEqual(480);
    expect(blocks.filter(([x = 0, width = 0]) => x + width === 930)).toHaveLength(24);
  });

  it('does not grow with segments that lie on each other', () => {
    const sg = Array.from({ length: 5000 }, () => ({ s: 0, d: 1000, m: { title: 'a' } }));
    expect(blocksOf(timelineSvg(stateWith({ tt: 0, sg }))).length).toBeLessThanOrEqual(480);
  });

  it('is well-formed and the same each time, whatever the draft says', () => {
    const number = fc.oneof(
      fc.integer({ min: -10, max: 4_000_000 }),
      fc.double({ min: -1e15, max: 1e15 }),
      fc.constant(undefined),
    );
    const segment = fc.record({
      s: number,
      d: number,
      m: fc.record({ title: fc.string({ unit: 'binary' }), volume: number }, { requiredKeys: [] }),
    });
    const track = fc.record({ tt: fc.constantFrom(0, 1, 7, 12, undefined), sg: fc.array(segment) });
    fc.assert(
      fc.property(fc.array(track), (tracks) => {
        const svg = timelineSvg(stateWith(...tracks));
        expect(elementsOf(svg)).toContain('desc');
        // biome-ignore lint/suspicious/noControlCharactersInRegex: XML has no room for them.
        expect(svg).not.toMatch(/NaN|Infinity|undefined="|[\u0000-\u0009\u000b-\u001f\ufffe\uffff]/);
        expect(svg.isWellFormed()).toBe(true);
        for (const [x = 0, width = 0] of blocksOf(svg)) {
          expect(x).toBeGreaterThanOrEqual(144);
          expect(width).toBeGreaterThanOrEqual(4);
          expect(x + width).toBeLessThanOrEqual(932);
        }
        expect(timelineSvg(stateWith(...tracks))).toBe(svg);
      }),
    );
  });

  it('would be found broken', () => {
    const svg = timelineSvg(example);
    for (const broken of ['<svg><a></svg>', '<a>&b</a>', '<a b="<"/>', '<a>', svg.replace('</desc>', ''), `${svg}<`]) {
      expect(() => elementsOf(broken)).toThrow();
    }
  });
});
