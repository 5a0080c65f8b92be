import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { maskQuoted, splitSentences } from '../../../src/lib/domain/sentences.ts';

describe('a text', () => {
  it.each<[string, string[]]>([
    ['One. Two! Three? Four', ['One. ', 'Two! ', 'Three? ', 'Four']],
    ['第一句。第二句！第三句', ['第一句。', '第二句！', '第三句']],
    ['First line\nsecond line', ['First line\n', 'second line']],
    ['It runs at 1.5x for 10.25s. Done.', ['It runs at 1.5x for 10.25s. ', 'Done.']],
    ['See https://c.test/a.mp4?v=1.2. Done.', ['See https://c.test/a.mp4?v=1.2. ', 'Done.']],
    ['The file clip.final.mp4 is there. Done.', ['The file clip.final.mp4 is there. ', 'Done.']],
    ['Use effects, e.g. Glow, i.e. light vs. dark. Done.', ['Use effects, e.g. Glow, i.e. light vs. dark. ', 'Done.']],
    ['Dr. Fox and J. Smith ran. Done.', ['Dr. Fox and J. Smith ran. ', 'Done.']],
    ['Clips, music etc. are in. Done.', ['Clips, music etc. are in. ', 'Done.']],
    ['Clips, music, etc. Done.', ['Clips, music, etc. ', 'Done.']],
    ['It starts at 5 p.m. Then it rains.', ['It starts at 5 p.m. ', 'Then it rains.']],
    ['See no. 5 and fig. 2. No. Yes.', ['See no. 5 and fig. 2. ', 'No. ', 'Yes.']],
    ['Generating now… this takes a while. Done…', ['Generating now… this takes a while. ', 'Done…']],
    ['Wait... what. Done.', ['Wait... what. ', 'Done.']],
    ['The sign says "Go. Now." in red. Done.', ['The sign says "Go. Now." in red. ', 'Done.']],
    ['The sign says "Go." Then it rains.', ['The sign says "Go." ', 'Then it rains.']],
    ['Timeline: 1. Video: a (0-1s) 2. BGM: Lo-fi. Done.', ['Timeline: 1. Video: a (0-1s) 2. BGM: Lo-fi. ', 'Done.']],
    ['It lasts 10. Done.', ['It lasts 10. ', 'Done.']],
    ['他说“走吧。”然后下雨。', ['他说“走吧。”', '然后下雨。']],
    ['**Ready.** Done.', ['**Ready.** ', 'Done.']],
    ['', []],
  ])('%j is split where its sentences end', (text, sentences) => {
    expect(splitSentences(text)).toEqual(sentences);
  });

  it('is its sentences put together again, and as long as its mask', () => {
    const words = fc.constantFrom(
      'a',
      '1',
      '.',
      '。',
      ' ',
      '\n',
      '"',
      '“',
      '”',
      '…',
      'e.g',
      '**',
      'http://x.y',
      '\uE000',
      '🦊',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(words).map((all) => all.join('')),
          fc.string({ unit: 'binary' }),
        ),
        (text) => {
          expect(splitSentences(text).join('')).toBe(text);
          expect(maskQuoted(text)).toHaveLength(text.length);
        },
      ),
    );
  });
});
