export type SharedStatements<Item, Result> = {
  /** Resolves when the item's statement has ended. Throws what is wrong with it, or why nothing could be run. */
  add(item: Item): Promise<Result>;
  /** Resolves when all that was added has ended. */
  flush(): Promise<void>;
};

type Waiting<Item, Result> = { item: Item; resolve(result: Result): void; reject(error: unknown): void };

/**
 * Lets items that come at the same time share one statement. Nothing is held back: at the end of the turn of the event
 * loop in which it came an item is run, while fewer than `maxAtOnce` statements are under way; what comes meanwhile
 * gathers, and is the next one, of at most `maxItems`. With `gatherMs`, for what nobody waits for, an item is held back
 * for so long, to have company. An item is never answered from a statement that began before it came. A statement that
 * fails as a whole is repeated for each of its items alone, once, so that one item cannot fail the others.
 * @param run gives a result an item, in their order; an Error is that item's alone. Must bear being repeated.
 */
export function shareStatements<Item, Result>(options: {
  maxItems: number;
  maxAtOnce: number;
  gatherMs?: number;
  run(items: readonly Item[]): Promise<readonly (Result | Error)[]>;
}): SharedStatements<Item, Result> {
  let gathered: Waiting<Item, Result>[] = [];
  const underWay = new Set<Promise<void>>();
  let startsSoon = false;

  const runTogether = async (group: readonly Waiting<Item, Result>[]): Promise<void> => {
    try {
      const results = await options.run(group.map(({ item }) => item));
      for (const [index, waiting] of group.entries()) answer(waiting, results[index] as Result | Error);
    } catch (error) {
      if (group.length > 1) await Promise.all(group.map((waiting) => runTogether([waiting])));
      else group[0]?.reject(error);
    }
  };

  const start = () => {
    startsSoon = false;
    while (gathered.length > 0 && underWay.size < options.maxAtOnce) {
      const group = gathered.slice(0, options.maxItems);
      gathered = gathered.slice(options.maxItems);
      const running = runTogether(group).then(() => {
        underWay.delete(running);
        startSoon();
      });
      underWay.add(running);
    }
  };
  /** What other sockets bring in this turn comes at the same time. */
  const startSoon = () => {
    if (startsSoon || gathered.length === 0) return;
    startsSoon = true;
    if (options.gatherMs === undefined) setImmediate(start);
    else setTimeout(start, options.gatherMs);
  };

  return {
    add: (item) =>
      new Promise((resolve, reject) => {
        gathered.push({ item, resolve, reject });
        startSoon();
      }),
    async flush() {
      start();
      while (underWay.size > 0) {
        await Promise.all(underWay);
        start();
      }
    },
  };
}

function answer<Item, Result>({ resolve, reject }: Waiting<Item, Result>, result: Result | Error): void {
  if (result instanceof Error) reject(result);
  else resolve(result);
}
