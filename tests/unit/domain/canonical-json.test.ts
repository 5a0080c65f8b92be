import fc from 'fast-check';
import { expect, it } from 'vitest';
import { canonicalJson } from '../../../src/lib/domain/canonical-json.ts';

/** The same value, as JSON would be that names its keys the other way round. */
function turnedRound(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(turnedRound);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, inner]) => [key, turnedRound(inner)]),
  );
}

it.each([
  ['a text', '"a"', '"a"'],
  ['keys at every depth', '{"b":[{"d":1,"c":null}],"a":{}}', '{"a":{},"b":[{"c":null,"d":1}]}'],
  ['an order of its own for each list', '[2,1,{"a":0}]', '[2,1,{"a":0}]'],
  ['a key that is special to JavaScript', '{"b":1,"__proto__":{"a":2}}', '{"__proto__":{"a":2},"b":1}'],
])('%s', (_what, sent, text) => {
  expect(canonicalJson(JSON.parse(sent))).toBe(text);
});

it('is the JSON of the same value, whatever the order of its keys', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const value = JSON.parse(text);
      expect(JSON.parse(canonicalJson(value))).toEqual(value);
      expect(canonicalJson(turnedRound(value))).toBe(canonicalJson(value));
    }),
  );
});
