import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findBadText } from '../../../src/lib/domain/bad-text.ts';

it.each([
  [{ prompt: 'a\0b' }, ['/prompt']],
  [{ metadata: { a: 'ok', b: ['x', 'half \ud83e'] } }, ['/metadata/b/1']],
  [{ 'a/b': { '~': '\0' } }, ['/a~1b/~0']],
  [{ 'key\0': 1 }, ['']],
  ['\0', ['']],
  [{ prompt: 'whole 🦊', n: 1, none: null }, []],
])('finds it in %j', (body, pointers) => {
  expect(findBadText(body).map((fault) => fault.pointer)).toEqual(pointers);
});

it('finds nothing in ordinary JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue({ stringUnit: 'grapheme' }), (value) => {
      if (!JSON.stringify(value).includes('\\u0000')) expect(findBadText(value)).toEqual([]);
    }),
  );
});

it('is not stopped by deep nesting', () => {
  const deep = `${'['.repeat(100_000)}"\\u0000"${']'.repeat(100_000)}`;
  expect(findBadText(JSON.parse(deep))).toHaveLength(1);
});
