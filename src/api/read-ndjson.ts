import sjson from 'secure-json-parse';
import type { ItemSink } from './cut-jobs.ts';

/** Options of a batch that are numbers, and such that are objects. */
const NUMBERS = new Set(['max_concurrency', 'max_credits']);
const OBJECTS = new Set(['webhook', 'metadata']);

/** Cuts a text into its lines while it arrives; empty ones are nothing. */
export class LinesCutter {
  readonly #sink: ItemSink;
  /** The beginning of a line that goes on in the next piece. */
  #line = '';

  constructor(sink: ItemSink) {
    this.#sink = sink;
    sink.begin();
  }

  write(piece: string): void {
    const [end = '', ...lines] = piece.split('\n');
    this.#line += end;
    for (const line of lines) {
      this.end();
      this.#line = line;
    }
  }

  /** The last line may end with the text. */
  end(): void {
    if (this.#line.trim() !== '') this.#sink.add(this.#line);
    this.#line = '';
  }
}

/**
 * The options of a batch of lines from its query; `webhook` may be just its URL. @returns what the JSON body of the same
 * batch would have, as far as it can be read; the schema judges it.
 */
export function readOptions(query: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(query).map(([name, value]) => [name, readOption(name, value)]));
}

function readOption(name: string, value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (NUMBERS.has(name)) return value.trim() === '' ? value : Number(value);
  if (!OBJECTS.has(name)) return value;
  return parse(value) ?? (name === 'webhook' ? { url: value } : value);
}

/** Undefined for what is no JSON, or would poison a prototype, as in a body of JSON; no JSON text has that value. */
function parse(text: string): unknown {
  try {
    return sjson.parse(text) ?? undefined;
  } catch {
    return undefined;
  }
}
