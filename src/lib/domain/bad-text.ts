/** A text that cannot be stored, by JSON Pointer (RFC 6901). */
export type BadText = { pointer: string; detail: string };

/**
 * NUL characters and lone surrogates anywhere in a JSON value, keys included: Postgres takes neither. Walks with a
 * list of its own, so that deep nesting cannot exhaust the stack.
 */
export function findBadText(body: unknown): BadText[] {
  const found: BadText[] = [];
  const open: { value: unknown; pointer: string }[] = [{ value: body, pointer: '' }];
  for (let next = open.pop(); next; next = open.pop()) {
    const { value, pointer } = next;
    if (typeof value === 'string') {
      const detail = fault(value);
      if (detail) found.push({ pointer, detail });
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) {
        const at = `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
        const detail = fault(key);
        if (detail) found.push({ pointer, detail: `A key: ${detail}` });
        open.push({ value: child, pointer: at });
      }
    }
  }
  return found;
}

function fault(text: string): string | null {
  if (text.includes('\0')) return 'NUL characters are not allowed.';
  return text.isWellFormed() ? null : 'Half a surrogate pair is not text.';
}
