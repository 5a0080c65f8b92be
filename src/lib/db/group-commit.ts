export type GroupCommit<Item, Result> = {
  /** Resolves when the item is committed. Throws what is wrong with it, or why nothing could be written. */
  add(item: Item): Promise<Result>;
  /** Resolves when all that was added is written. */
  flush(): Promise<void>;
};

type Waiting<Item, Result> = { item: Item; resolve(result: Result): void; reject(error: unknown): void };

/**
 * Lets items that come at the same time share one write. Nothing is held back: an item is written at once while fewer
 * than `maxWrites` are under way; what comes meanwhile gathers, and is the next write, of at most `maxItems`.
 * A write that fails as a whole is repeated for each of its items alone, once, so that one item cannot fail the others.
 * @param write gives a result an item, in their order; an Error is that item's alone. Must bear being repeated.
 */
export function createGroupCommit<Item, Result>(options: {
  maxItems: number;
  maxWrites: number;
  write(items: readonly Item[]): Promise<readonly (Result | Error)[]>;
}): GroupCommit<Item, Result> {
  let gathered: Waiting<Item, Result>[] = [];
  const underWay = new Set<Promise<void>>();

  const writeTogether = async (group: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await options.write(group.map(({ item }) => item));
      for (const [index, waiting] of group.entries()) answer(waiting, results[index] as Result | Error);
    } catch (error) {
      if (group.length > 1) await Promise.all(group.map((waiting) => writeTogether([waiting])));
      else group[0]?.reject(error);
    }
  };

  const start = () => {
    while (gathered.length > 0 && underWay.size < options.maxWrites) {
      const group = gathered.slice(0, options.maxItems);
      gathered = gathered.slice(options.maxItems);
      const writing = writeTogether(group).then(() => {
        underWay.delete(writing);
        start();
      });
      underWay.add(writing);
    }
  };

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        gathered.push({ item, resolve, reject });
        start();
      }),
    async flush() {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
}

function answer<Item, Result>({ resolve, reject }: Waiting<Item, Result>, result: Result | Error): void {
  if (result instanceof Error) reject(result);
  else resolve(result);
}
