/** Who takes the items of a list one by one. `begin`: what came before is not asked for any more. */
export type ItemSink = { begin(): void; add(text: string): void };

const [QUOTE, BACKSLASH, COMMA] = ['"', '\\', ','].map((char) => char.charCodeAt(0));
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = ['[', ']', '{', '}'].map((char) => char.charCodeAt(0));
/** Of `"jobs"`, if every letter is written as an escape. */
const LONGEST_NAME = 26;

/**
 * Cuts the items of the list `jobs` out of the text of a JSON object while it arrives, so that each can be read and let
 * go. It looks at texts, brackets and commas only. What is left, with the list empty, is `rest`: it and every item are
 * JSON if the whole is, and the other way round. Of several lists the last one counts, as it does for JSON.parse.
 */
export class JobsCutter {
  rest = '';
  readonly #sink: ItemSink;
  #depth = 0;
  #isText = false;
  #isEscaped = false;
  /** The last text in the object itself: in front of a list it is the list's name. */
  #name = '';
  #isInJobs = false;
  #isFirst = false;
  /** The beginning of an item that goes on in the next piece. */
  #item = '';

  constructor(sink: ItemSink) {
    this.#sink = sink;
  }

  write(piece: string): void {
    /** Where that begins which is neither in an item nor in the rest. */
    let from = 0;
    for (let at = 0; at < piece.length; at += 1) {
      const char = piece.charCodeAt(at);
      if (this.#isText) {
        at = this.#readText(piece, at);
      } else if (char === QUOTE) {
        this.#isText = true;
        if (this.#depth === 1) this.#name = '"';
      } else if (char === OPEN_LIST || char === OPEN_OBJECT) {
        this.#depth += 1;
        if (char === OPEN_LIST && this.#depth === 2 && this.#isJobs()) {
          this.rest += piece.slice(from, at + 1);
          from = at + 1;
          this.#isInJobs = true;
          this.#isFirst = true;
          this.#sink.begin();
        }
      } else if (char === CLOSE_LIST || char === CLOSE_OBJECT) {
        this.#depth -= 1;
        if (this.#isInJobs && this.#depth === 1) {
          this.#endItem(piece.slice(from, at), true);
          from = at;
          this.#isInJobs = false;
        }
      } else if (char === COMMA && this.#isInJobs && this.#depth === 2) {
        this.#endItem(piece.slice(from, at), false);
        from = at + 1;
      }
    }
    if (this.#isInJobs) this.#item += piece.slice(from);
    else this.rest += piece.slice(from);
  }

  /** @returns where the text ends, or the piece. */
  #readText(piece: string, from: number): number {
    let at = from;
    for (; at < piece.length; at += 1) {
      const char = piece.charCodeAt(at);
      if (this.#isEscaped) this.#isEscaped = false;
      else if (char === BACKSLASH) this.#isEscaped = true;
      else if (char === QUOTE) {
        this.#isText = false;
        break;
      }
    }
    if (this.#depth === 1 && this.#name.length <= LONGEST_NAME) this.#name += piece.slice(from, at + 1);
    return at;
  }

  #endItem(end: string, isLast: boolean): void {
    const text = this.#item + end;
    this.#item = '';
    // `[]` has no item; `[,]` has two, which are no JSON.
    if (!(this.#isFirst && isLast && text.trim() === '')) this.#sink.add(text);
    this.#isFirst = false;
  }

  #isJobs(): boolean {
    const name = this.#name;
    // It is looked at once: whoever opens many lists after one name has no JSON.
    this.#name = '';
    if (name === '"jobs"') return true;
    if (name.length > LONGEST_NAME || !name.includes('\\')) return false;
    try {
      return JSON.parse(name) === 'jobs';
    } catch {
      return false;
    }
  }
}
