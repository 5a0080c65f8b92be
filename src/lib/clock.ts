/** The time of day, for what people read. Leases and due times use the database's clock instead. */
export function now(): Date {
  return new Date();
}

/** Milliseconds that only ever grow, whatever happens to the time of day: for spans and windows. */
export function monotonicMs(): number {
  return performance.now();
}
