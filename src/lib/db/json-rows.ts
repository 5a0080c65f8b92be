/** Room for the first rows; it grows with them. In bytes. */
const ROOM = 65_536;
const [OPEN, CLOSE, COMMA] = ['[', ']', ','].map((mark) => mark.charCodeAt(0)) as [number, number, number];

/**
 * A JSON list of rows as bytes, in one place that is used again and again. As text, thousands of rows that wait for
 * their statement would be garbage that only a full collection finds.
 */
export class JsonRows {
  #bytes = Buffer.allocUnsafe(ROOM);
  #length = 0;

  /** Begins anew: what `list` gave is overwritten. */
  clear(): void {
    this.#length = 0;
  }

  /** @param row a JSON text. */
  add(row: string): void {
    const end = this.#length + Buffer.byteLength(row) + 2;
    if (end > this.#bytes.length) this.#bytes = Buffer.concat([this.#bytes], 2 * end);
    this.#bytes[this.#length] = this.#length === 0 ? OPEN : COMMA;
    this.#length += 1 + this.#bytes.write(row, this.#length + 1);
  }

  /** The list so far; it has a row. */
  list(): Buffer {
    this.#bytes[this.#length] = CLOSE;
    return this.#bytes.subarray(0, this.#length + 1);
  }
}
