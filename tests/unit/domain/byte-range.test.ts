import { expect, it } from 'vitest';
import { readRange } from '../../../src/lib/domain/byte-range.ts';

it.each([
  ['bytes=0-0', 0, 0],
  ['bytes=0-499', 0, 499],
  ['bytes=500-', 500, 999],
  ['bytes=-1', 999, 999],
  ['bytes=-5000', 0, 999],
  ['bytes=990-5000', 990, 999],
  [' bytes=0-1 ', 0, 1],
])('%s of a thousand bytes is %i to %i', (header, first, last) => {
  expect(readRange(header, 1000)).toEqual({ first, last });
});

it.each(['bytes=1000-', 'bytes=1000-2000', 'bytes=-0'])('%s is beyond a thousand bytes', (header) => {
  expect(readRange(header, 1000)).toBe('unsatisfiable');
});

it.each([undefined, '', 'bytes=-', 'bytes=5-4', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=a-b', `bytes=${'9'.repeat(40)}-`])(
  '%s is no range: the whole file',
  (header) => expect(readRange(header, 1000)).toBeNull(),
);

it('a file of no bytes has no part', () => {
  expect(readRange('bytes=0-', 0)).toBe('unsatisfiable');
  expect(readRange(undefined, 0)).toBeNull();
});
