/** A text that cannot be stored, by JSON Pointer (RFC 6901). */
export type BadText = { pointer: string; detail: string };

/**
 * NUL characters and lone surrogates anywhere in a JSON value, keys included: Postgres takes neither. Walks with a
 * list of its own, so that deep nesting cannot exhaust the stack.
 */
export function findBadText(body: unknown): BadText[] {
  return hasBadText(body) ? pointAtBadText(body) : [];
}

/** Nearly every body is good: pointers into it are only made where one is not. */
function hasBadText(body: unknown): boolean {
  const open: unknown[] = [body];
  while (open.length > 0) {
    const value = open.pop();
    if (typeof value === 'string') {
      if (fault(value) !== null) return true;
    } else if (typeof value === 'object' && value !== null) {
      for (const key of Object.keys(value)) {
        if (fault(key) !== null) return true;
        open.push((value as Record<string, unknown>)[key]);
      }
    }
  }
  return false;
}

function pointAtBadText(body: unknown): BadText[] {
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
