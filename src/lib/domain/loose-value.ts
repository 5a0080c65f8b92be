/** What the upstream sends is read key by key: each of these gives the value where it is of the kind, else null. */

export type LooseObject = Record<string, unknown>;

/** An object that is no array. */
export function objectIn(value: unknown): LooseObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as LooseObject) : null;
}

/** A list, empty where there is none. */
export function listIn(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The first of the values that is a text with something in it, storable and trimmed. */
export function textIn(...values: unknown[]): string | null {
  for (const value of values) {
    if (typeof value !== 'string') continue;
    const text = storable(value).trim();
    if (text !== '') return text;
  }
  return null;
}

/** The first of the values that is a finite number, or a text that spells one. */
export function numberIn(...values: unknown[]): number | null {
  for (const value of values) {
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number === 'number' && Number.isFinite(number)) return number;
  }
  return null;
}

/** The text with NUL and lone surrogates as U+FFFD: Postgres stores neither, in text or in jsonb. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\uFFFD');
}

/** The text cut to so many characters (UTF-16 units), never through the middle of a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const high = text.charCodeAt(length - 1);
  return text.slice(0, high >= 0xd800 && high <= 0xdbff ? length - 1 : length);
}
