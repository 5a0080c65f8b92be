import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitText, xmlText } from '../../../src/lib/domain/timeline/svg-text.ts';

describe('a text in XML', () => {
  it.each([
    [`<b> & "c" 'd'`, '&lt;b&gt; &amp; &quot;c&quot; &#39;d&#39;'],
    ['a\u0000b\u0008c\u001b\u007f', 'abc'],
    ['two\nlines\tand', 'two lines and'],
    ['half \ud83e of one, \uffff', 'half  of one, '],
    ['turned \u202Egpj.exe', 'turned gpj.exe'],
    ['狐 🦊 é', '狐 🦊 é'],
  ])('%j is %j', (text, escaped) => {
    expect(xmlText(text)).toBe(escaped);
  });
});

describe('a text that has to fit', () => {
  it.each([
    ['city timelapse', 200, 'city timelapse'],
    ['city timelapse', 60, 'city ti…'],
    ['a red fox', 40, 'a re…'],
    ['一只在雪地里的狐狸', 60, '一只在…'],
    ['👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 42, '👩‍👩‍👧‍👦👩‍👩‍👧‍👦…'],
    ['WWWW', 20, ''],
    ['abc', -5, ''],
    ['', 100, ''],
  ])('%j in %i px is %j', (text, width, shown) => {
    expect(fitText(text, 12, width)).toBe(shown);
  });

  it('is its beginning, and no longer with less room', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.nat(200), fc.nat(200), (text, a, b) => {
        const [less, more] = [a, b].sort((x, y) => x - y).map((width) => fitText(text, 12, width));
        expect(text.startsWith((less ?? '').replace(/…$/, ''))).toBe(true);
        expect((less ?? '').replace(/…$/, '').length).toBeLessThanOrEqual((more ?? '').length);
      }),
    );
  });
});
