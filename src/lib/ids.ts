import { fromString, typeidUnboxed } from 'typeid-js';

/** Type prefixes of our ids (the REST contract, "Conventions"; `acc` and `att` never leave the house). */
export type IdPrefix =
  | 'job'
  | 'ses'
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
