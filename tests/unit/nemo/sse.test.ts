import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSseReader, MAX_PENDING_CHARACTERS, SseLineTooLong } from '../../../src/lib/nemo/sse.ts';
import { payloadsIn } from '../domain/recordings.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('the SSE reader', () => {
  it.each<[string, string, string[]]>([
    ['an LF stream', 'data: a\n\ndata: b\n\n', ['a', 'b']],
    ['a CRLF stream', 'data: a\r\n\r\ndata: b\r\n\r\n', ['a', 'b']],
    ['a CR stream, to its last event', 'data: a\r\rdata: b\r\r', ['a', 'b']],
    ['mixed line ends', 'data: a\r\n\ndata: b\n\rdata: c\r\n\r\n', ['a', 'b', 'c']],
    ['data without the space', 'data:{"a":1}\n\n', ['{"a":1}']],
    ['one space only as the separator', 'data:  a\n\n', [' a']],
    ['several data lines as one payload', 'data: a\ndata:\ndata: b\n\n', ['a\n\nb']],
    ['several data lines with CRLF', 'data: a\r\ndata: b\r\n\r\n', ['a\nb']],
    ['an empty data line as a sign of life', 'data:\n\ndata: \n\ndata\n\n', ['', '', '']],
    ['a comment as a sign of life', ': ping\n\n:\n\ndata: a\n\n', ['', '', 'a']],
    ['a comment inside an event', 'data: a\n: ping\ndata: b\n\n', ['', 'a\nb']],
    ['no payload in an event without data', 'event: ping\nid: 1\nretry: 10\n\n', []],
    ['unknown fields as nothing', 'data: a\nbar"}\nfoo: x\n\n', ['a']],
    ['named events like any other', 'event: error\ndata: {"error":"x"}\n\n', ['{"error":"x"}']],
    ['nothing of an event that no blank line ended', 'data: a\n\ndata: b\n', ['a']],
    ['nothing of a line that was cut', 'data: a\n\ndata: {"b', ['a']],
    ['no BOM at the start', '\uFEFFdata: a\n\n', ['a']],
    ['a BOM inside a line as content', 'data: a\uFEFFb\n\ndata: \uFEFF\n\n', ['a\uFEFFb', '\uFEFF']],
    ['U+2028, U+2029 and U+0085 as content', 'data: a\u2028b\u2029c\u0085d\n\n', ['a\u2028b\u2029c\u0085d']],
    ['text that looks like SSE inside a line', 'data: data: x : ping event: done\n\n', ['data: x : ping event: done']],
    ['an empty stream', '', []],
  ])('reads %s, however it is cut', (_what, stream, payloads) => {
    const whole = bytes(stream);
    expect(payloadsIn([whole])).toEqual(payloads);
    expect(payloadsIn([...whole].map((byte) => Uint8Array.of(byte)))).toEqual(payloads);
    for (let at = 0; at <= whole.length; at += 1) {
      expect(payloadsIn([whole.subarray(0, at), whole.subarray(at)])).toEqual(payloads);
    }
  });

  it('hands over an event of a CR stream as soon as its last byte is there', () => {
    const payloads: string[] = [];
    const reader = createSseReader((payload) => payloads.push(payload));
    reader.push(bytes('data: a\r\r'));
    expect(payloads).toEqual(['a']);
    reader.push(bytes('\ndata: b\r\n\r'));
    expect(payloads).toEqual(['a', 'b']);
  });

  it('gives back what any writer put into data lines', () => {
    const payload = fc.string({ unit: 'binary' }).map((text) => text.replaceAll(/[\r\n]/g, ''));
    const ends = fc.constantFrom('\n', '\r\n', '\r');
    fc.assert(
      fc.property(fc.array(payload), ends, fc.infiniteStream(fc.integer({ min: 1, max: 9 })), (sent, end, sizes) => {
        const stream = bytes(sent.map((text) => `data: ${text}${end}${end}`).join(''));
        const chunks: Uint8Array[] = [];
        for (let at = 0; at < stream.length; ) {
          const size = sizes.next().value ?? 1;
          chunks.push(stream.subarray(at, at + size));
          at += size;
        }
        expect(payloadsIn(chunks)).toEqual(sent);
      }),
      { numRuns: 50 },
    );
  });

  it('replaces bytes that are no UTF-8 and reads on', () => {
    const broken = Uint8Array.of(...bytes('data: a'), 0xff, ...bytes('\n\ndata: b\n\n'));
    expect(payloadsIn([broken])).toEqual(['a\uFFFD', 'b']);
  });

  it.each([
    ['a line that never ends', (size: number) => `data: ${'x'.repeat(size)}`],
    ['an event that never ends', (size: number) => `data: ${'x'.repeat(size)}\n`],
  ])('refuses %s past the cap, for good', (_what, chunkOf) => {
    const reader = createSseReader(() => undefined);
    const chunk = bytes(chunkOf(MAX_PENDING_CHARACTERS / 2));
    reader.push(chunk);
    expect(() => reader.push(chunk)).toThrow(SseLineTooLong);
    expect(() => reader.push(bytes('data: a\n\n'))).toThrow(SseLineTooLong);
  });

  it('reads a line of half the cap', () => {
    const text = 'x'.repeat(MAX_PENDING_CHARACTERS / 2);
    expect(payloadsIn([bytes(`data: ${text}`), bytes('\n\n')])[0]).toHaveLength(text.length);
  });
});
