import { expect, it } from 'vitest';
import { BadLine, readNdjson } from '../../../src/api/read-ndjson.ts';

it('a job a line, whatever ends it; empty lines are nothing, and what is no JSON keeps its place', () => {
  expect(readNdjson('{"a":1}\r\n\n  \nnot json\n[2]', {}).jobs).toEqual([{ a: 1 }, new BadLine('not json'), [2]]);
  expect(readNdjson('', {}).jobs).toEqual([]);
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
  expect(readNdjson('', { [name]: text })).toEqual({ [name]: value, jobs: [] });
});

it.each(['{"__proto__":{"a":1}}', '{"metadata":{"\\u005f_proto__":"x"}}', '{"constructor":{"prototype":{"a":1}}}'])(
  'a prototype is no JSON here either: %s',
  (line) => {
    expect(readNdjson(line, {}).jobs).toEqual([new BadLine(line)]);
    expect(readNdjson('', { metadata: line }).metadata).toBe(line);
  },
);

it('jobs come from the lines, not from the query', () => {
  expect(readNdjson('{}', { jobs: 'x' }).jobs).toEqual([{}]);
});
