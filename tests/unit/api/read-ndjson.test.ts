import { expect, it } from 'vitest';
import { LinesCutter, readOptions } from '../../../src/api/read-ndjson.ts';

function linesOf(pieces: readonly string[]): string[] {
  const lines: string[] = [];
  const cutter = new LinesCutter({ begin: () => undefined, add: (line) => lines.push(line) });
  for (const piece of pieces) cutter.write(piece);
  cutter.end();
  return lines;
}

it.each([
  [['{"a":1}\r\n\n  \nnot json\n[2]'], ['{"a":1}\r', 'not json', '[2]']],
  [
    ['{"a"', ':1}', '\n', '', '\n{}\n'],
    ['{"a":1}', '{}'],
  ],
  [[''], []],
])('the lines of %j are %j: empty ones are nothing, however they arrive', (pieces, lines) => {
  expect(linesOf(pieces)).toEqual(lines);
});

it.each([
  ['max_credits', '100', 100],
  ['max_credits', '', ''],
  ['max_concurrency', 'many', Number.NaN],
  ['on_invalid', 'skip', 'skip'],
  ['webhook', 'https://example.com/x', { url: 'https://example.com/x' }],
  ['webhook', '{"url":"https://example.com","events":[]}', { url: 'https://example.com', events: [] }],
  ['metadata', '{"a":"b"}', { a: 'b' }],
  ['metadata', 'a=b', 'a=b'],
  ['speed', ['1', '2'], ['1', '2']],
])('the option %s=%j is %j', (name, text, value) => {
  expect(readOptions({ [name]: text })).toEqual({ [name]: value });
});

it.each(['{"__proto__":{"a":1}}', '{"metadata":{"\\u005f_proto__":"x"}}', '{"constructor":{"prototype":{"a":1}}}'])(
  'a prototype is no JSON: %s',
  (text) => {
    expect(readOptions({ metadata: text }).metadata).toBe(text);
  },
);
