/** The JSON of a value with the keys of every object sorted: equal values give equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const copy = new Bare();
  for (const key of Object.keys(value).sort()) copy[key] = sorted((value as Record<string, unknown>)[key]);
  return copy;
}

/** In its objects `__proto__` is a key like any other; V8 writes them out quicker than what `Object.create(null)` gives. */
const Bare = class {} as new () => Record<string, unknown>;
Object.setPrototypeOf(Bare.prototype, null);
