import { expect, it } from 'vitest';
import { hasAtMost } from '../../../src/lib/domain/text-length.ts';

it.each<[string, boolean]>([
  ['', true],
  ['abc', true],
  ['🦊🦊🦊', true],
  ['ab🦊', true],
  ['abcd', false],
  ['🦊🦊🦊🦊', false],
  ['🦊🦊ab', false],
  ['a'.repeat(100), false],
])('%j has at most three characters: %s', (text, fits) => {
  expect(hasAtMost(text, 3)).toBe(fits);
});
