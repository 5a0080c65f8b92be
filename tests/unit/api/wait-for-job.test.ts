import { expect, it } from 'vitest';
import { preferredWaitS } from '../../../src/api/wait-for-job.ts';

it.each([
  ['wait=1', 1],
  ['wait=60', 60],
  ['respond-async, wait=10', 10],
  ['wait="5"; foo=bar', 5],
  [['handling=strict', 'wait=7'], 7],
  ['wait=0', null],
  ['wait=61', null],
  ['wait=-1', null],
  ['wait=soon', null],
  ['await=5', null],
  ['', null],
  [undefined, null],
])('Prefer: %j waits %s s', (header, seconds) => {
  expect(preferredWaitS(header)).toBe(seconds);
});
