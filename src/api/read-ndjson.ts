import sjson from 'secure-json-parse';

/** A line that is no JSON: it takes the place of its item. */
export class BadLine {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Options of a batch that are numbers, and such that are objects. */
const NUMBERS = new Set(['max_concurrency', 'max_credits']);
const OBJECTS = new Set(['webhook', 'metadata']);

/**
 * A batch as `application/x-ndjson`: a job a line (empty lines are nothing), the options in the query; `webhook` may be
 * just its URL. @returns what the JSON body of the same batch would be, as far as it can be read; the schema judges it.
 */
export function readNdjson(body: string, query: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const options = Object.entries(query).map(([name, value]) => [name, readOption(name, value)]);
  const jobs = body
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => parse(line) ?? new BadLine(line));
  return { ...Object.fromEntries(options), jobs };
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
