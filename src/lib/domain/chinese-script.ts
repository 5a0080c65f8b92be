/**
 * Whether a Chinese text is in traditional characters. GB 2312 is the standard set of the simplified ones, Big5 of the
 * traditional ones: a character of one of them only tells them apart, one of both (雪, 城, 市) says nothing.
 */
export function isTraditional(text: string): boolean {
  let balance = 0;
  for (const char of text) {
    const traditional = TRADITIONAL.has(char);
    if (traditional !== SIMPLIFIED.has(char)) balance += traditional ? 1 : -1;
  }
  return balance > 0;
}

type Range = readonly [first: number, last: number];

/** GB 2312, levels 1 and 2: 6,763 characters, B0A1 to F7FE. */
const SIMPLIFIED = charactersOf('gbk', [0xb0, 0xf7], [[0xa1, 0xfe]]);
/** Big5, levels 1 and 2: 13,053 characters, A440 to F9D5. */
const TRADITIONAL = charactersOf(
  'big5',
  [0xa4, 0xf9],
  [
    [0x40, 0x7e],
    [0xa1, 0xfe],
  ],
);

/** The characters of a two-byte encoding, as the decoder knows them: a table of our own would only repeat it. */
function charactersOf(encoding: string, rows: Range, cells: Range[]): Set<string> {
  const bytes: number[] = [];
  for (let row = rows[0]; row <= rows[1]; row += 1) {
    for (const [first, last] of cells) {
      for (let cell = first; cell <= last; cell += 1) bytes.push(row, cell);
    }
  }
  return new Set(new TextDecoder(encoding).decode(new Uint8Array(bytes)).match(/\p{Script=Han}/gu));
}
