import { expect, it } from 'vitest';
import { formatTraceparent, parseTraceparent } from '../../../src/lib/domain/traceparent.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';

// The examples and rules of W3C Trace Context, 3.2.
it.each([
  [`00-${TRACE}-${SPAN}-01`, 1],
  [`00-${TRACE}-${SPAN}-00`, 0],
  // A flag that nobody knows yet; a later version, with more behind it.
  [`00-${TRACE}-${SPAN}-03`, 1],
  [`cc-${TRACE}-${SPAN}-01`, 1],
  [`cc-${TRACE}-${SPAN}-01-what-the-future-brings`, 1],
])('reads %s', (header, traceFlags) => {
  expect(parseTraceparent(header)).toEqual({ traceId: TRACE, spanId: SPAN, traceFlags });
});

it.each([
  ['nothing', undefined],
  ['an empty one', ''],
  ['words', 'no-trace'],
  ['an impossible version', `ff-${TRACE}-${SPAN}-01`],
  ['more than this version has', `00-${TRACE}-${SPAN}-01-more`],
  ['capital letters', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
  ['a trace of nought', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['a span of nought', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['a short trace', `00-${TRACE.slice(1)}-${SPAN}-01`],
  ['two of them', `00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`],
  ['a line break', `00-${TRACE}-${SPAN}-01\n`],
])('finds none in %s', (_, header) => {
  expect(parseTraceparent(header)).toBeNull();
});

it('writes what it has read', () => {
  const header = `00-${TRACE}-${SPAN}-01`;
  expect(formatTraceparent(parseTraceparent(header) ?? { traceId: '', spanId: '', traceFlags: 0 })).toBe(header);
});
