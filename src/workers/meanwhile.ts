/** What goes on while other things are done: what is wrong with it is heard of where it is waited for. */
export function meanwhile<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined);
  return work;
}
