import { inSnakeCase } from './snake-case.ts';

/** Ways to write the same events: all that the standard allows, and all that servers do (sse.md, traps 18 and 19). */
export const WIRE_SWITCHES = ['crlf', 'no-space', 'multi-line', 'split', 'snake'] as const;
export type Wire = ReadonlySet<string>;

/** The three forms in which signs of life occur (nemovideo-api.md, "POST /run_sse"). */
const HEARTBEATS = [': heartbeat', 'data:', 'data: {"type":"heartbeat"}'];
/** No multiple of any character's length: pieces end inside characters. */
const PIECE_BYTES = 7;

/** One event. A frame that is a text is written as it stands, valid or not. */
export function eventOf(frame: object | string, wire: Wire): string {
  const data = typeof frame === 'string' ? frame : jsonOf(frame, wire);
  const field = wire.has('no-space') ? 'data:' : 'data: ';
  return asEvent(
    data.split('\n').map((line) => `${field}${line}`),
    wire,
  );
}

/** The nth sign of life, each time in another form. */
export function heartbeatOf(nth: number, wire: Wire): string {
  return asEvent([HEARTBEATS[nth % HEARTBEATS.length] ?? ''], wire);
}

/** What is written at a time: the whole text, or pieces of a few bytes. */
export function piecesOf(text: string, wire: Wire): Buffer[] {
  const bytes = Buffer.from(text);
  if (!wire.has('split')) return [bytes];
  return Array.from({ length: Math.ceil(bytes.length / PIECE_BYTES) }, (_, at) =>
    bytes.subarray(at * PIECE_BYTES, (at + 1) * PIECE_BYTES),
  );
}

function jsonOf(frame: object, wire: Wire): string {
  return JSON.stringify(wire.has('snake') ? inSnakeCase(frame) : frame, null, wire.has('multi-line') ? 2 : 0);
}

function asEvent(lines: string[], wire: Wire): string {
  return [...lines, '', ''].join(wire.has('crlf') ? '\r\n' : '\n');
}
