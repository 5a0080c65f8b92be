export type Slots = {
  /** Runs the work in a slot, once one is free. */
  hold<T>(work: () => Promise<T>): Promise<T>;
  /** Runs the work of one who holds a slot without it, at once; afterwards that one waits in line again. */
  leave<T>(work: () => Promise<T>): Promise<T>;
};

/** Lets at most `count` works run at once; the others wait in line. */
export function openSlots(count: number): Slots {
  let free = count;
  const line: (() => void)[] = [];
  const standInLine = () => new Promise<void>((resolve) => line.push(resolve));
  const give = () => {
    // The slot goes from hand to hand: nobody can slip in between.
    const next = line.shift();
    if (next) next();
    else free += 1;
  };
  return {
    async hold(work) {
      if (free > 0) free -= 1;
      else await standInLine();
      try {
        return await work();
      } finally {
        give();
      }
    },
    async leave(work) {
      give();
      try {
        return await work();
      } finally {
        if (free > 0) free -= 1;
        else await standInLine();
      }
    },
  };
}

/** The same for those who never leave theirs. */
export function createSlots(count: number): Slots['hold'] {
  return openSlots(count).hold;
}
