import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JobsCutter } from '../../../src/api/cut-jobs.ts';

/** What comes of a text that is cut, in pieces of the given length; undefined where it is no JSON. */
function readCut(text: string, length = text.length): unknown {
  let items: string[] = [];
  const cutter = new JobsCutter({
    begin: () => {
      items = [];
    },
    add: (item) => items.push(item),
  });
  for (let at = 0; at < text.length; at += length) cutter.write(text.slice(at, at + length));
  try {
    const all = items.map((item) => JSON.parse(item));
    const rest = JSON.parse(cutter.rest);
    return Array.isArray(rest?.jobs) ? { ...rest, jobs: all } : rest;
  } catch {
    return undefined;
  }
}

function readWhole(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

describe('a text of which the jobs are cut out is read like the whole', () => {
  it.each([
    '{"jobs":[{"a":[1,{"b":"]},{["}]},2,"x,]\\"",null,[3]],"on_invalid":"skip"}',
    ' { "max_credits" : 5 , "jobs" : [ { } , { } ] } ',
    '{"jobs":[]}',
    '{"jobs":[ \n ]}',
    '{"jobs":5,"metadata":{"jobs":[1]}}',
    '{"metadata":{"a":["jobs",[1]]},"jobs":[2]}',
    '{"jobs":[1,2],"jobs":[3]}',
    '{"jobs":[1,2],"jobs":[]}',
    '{"jobs":[1],"jobs":{"a":1}}',
    '{"j\\u006fbs":[1,2]}',
    '{"xjobs":[1],"jobsx":[2],"jobs ":[3]}',
    '"jobs"',
    '[]',
    'null',
    ...['', ' ', '{', '{"jobs":[', '{"jobs":[1', '{"jobs":[1]', '{"jobs":[1,]}', '{"jobs":[,1]}', '{"jobs":[,]}'],
    ...['{"jobs":[1 2]}', '{"jobs":[1}}', '{"jobs":[{"a":1]}]}', '{"jobs":[1]]}', '{"jobs"[1]}', '{"jobs":[1]}[2]'],
    ...['{"jobs":["a}]}', '{"jobs":[1]} {"jobs":[2]}', '{"x":"jobs"[1]}', '{"jobs",[1]}', ']{"jobs":[1]}'],
  ])('%s', (text) => {
    const whole = readWhole(text);
    for (const length of [1, 2, 7, 1_000]) expect(readCut(text, length)).toEqual(whole);
  });

  it('whatever it is, and however it arrives', () => {
    const job = fc.oneof(fc.jsonValue(), fc.constantFrom('[', ']}', '\\', '"jobs":['));
    const body = fc.record({ jobs: fc.array(job), more: fc.jsonValue() }, { requiredKeys: [] });
    const wrong = fc.constantFrom('', '[', ']', '{', '}', '"', ',', ':', '\\', '1', '"jobs":[');
    const property = fc.property(body, fc.nat(), wrong, fc.integer({ min: 1, max: 9 }), (value, at, put, length) => {
      const good = JSON.stringify(value);
      const place = at % (good.length + 1);
      for (const text of [good, good.slice(0, place) + put + good.slice(place + 1)]) {
        expect(readCut(text, length)).toEqual(readWhole(text));
      }
    });
    fc.assert(property, { numRuns: 500 });
  });
});
