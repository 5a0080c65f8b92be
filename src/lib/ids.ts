import { fromString, fromUUID, typeidUnboxed } from 'typeid-js';

/** Type prefixes of our ids (the REST contract, "Conventions"; `acc` and `att` never leave the house). */
export type IdPrefix =
  | 'job'
  | 'ses'
  | 'bat'
  | 'ast'
  | 'whe'
  | 'msg'
  | 'evt'
  | 'key'
  | 'acc'
  | 'snap'
  | 'att'
  | 'req'
  | 'render';

/** A new TypeID: prefix + sortable UUIDv7. */
export function newId(prefix: IdPrefix): string {
  return typeidUnboxed(prefix);
}

/** Whether a text is a well-formed id of that type; what is not cannot be found and need not be looked up. */
export function isId(text: string, prefix: IdPrefix): boolean {
  try {
    fromString(text, prefix);
    return true;
  } catch {
    return false;
  }
}

/** The border in time: every id of that type that was made before `at` is smaller (UUIDv7, RFC 9562, 5.7). */
export function lowestIdAt(prefix: IdPrefix, at: Date): string {
  const ms = Math.max(0, at.getTime()).toString(16).padStart(12, '0');
  return fromUUID(`${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-000000000000`, prefix);
}
