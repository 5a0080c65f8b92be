/** What lies below these keys is the application's own, and never renamed. */
const OPAQUE = new Set(['stateDelta', 'args', 'response', 'result']);

/** An event with the keys of its envelope in snake_case, as some servers spell them (nemovideo-api.md, "POST /run_sse"). */
export function inSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSnakeCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [snakeCase(key), OPAQUE.has(key) ? item : inSnakeCase(item)]),
  );
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
