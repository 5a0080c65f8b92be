/** Some bytes of a file: the first and the last one that is wanted, counted from 0. */
export type ByteRange = { first: number; last: number };

/**
 * What a `Range` header asks for of a file of `size` bytes (RFC 9110, 14.2): one part of it; `unsatisfiable` where the
 * file ends before; null, the whole file, where there is no header, or one that may be ignored: several parts, another
 * unit, or no range at all.
 */
export function readRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const [whole, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (whole === undefined || (from === '' && to === '')) return null;
  // `-500`: the last 500.
  const first = from === '' ? Math.max(0, size - Number(to)) : Number(from);
  const last = from === '' || to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (from !== '' && to !== '' && Number(to) < Number(from)) return null;
  return first > last ? 'unsatisfiable' : { first, last };
}
