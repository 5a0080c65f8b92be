/** The JSON of a value with the keys of every object sorted: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const copy = new Bare();
  for (const key of inOrder(Object.keys(value))) copy[key] = sorted((value as Record<string, unknown>)[key]);
  return copy;
}

/** Most objects are small, and many are sorted: to sort one makes more garbage than all the rest of it. */
function inOrder(keys: string[]): string[] {
  for (let at = 1; at < keys.length; at += 1) if ((keys[at - 1] ?? '') > (keys[at] ?? '')) return keys.sort();
  return keys;
}

/** In its objects `__proto__` is a key like any other; V8 writes them out quicker than what `Object.create(null)` gives. */
const Bare = class {} as new () => Record<string, unknown>;
Object.setPrototypeOf(Bare.prototype, null);
