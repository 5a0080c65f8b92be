import { createHash } from 'node:crypto';

const names = new Map<string, string>();

/**
 * A statement that is put together of a few parts and runs often: under a name of its own, so that a connection parses
 * and plans it once. Only for texts of which there are few: every connection keeps them all.
 */
export function prepared(text: string, values: unknown[]): { name: string; text: string; values: unknown[] } {
  const known = names.get(text);
  if (known !== undefined) return { name: known, text, values };
  const name = `made_${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
  names.set(text, name);
  return { name, text, values };
}
