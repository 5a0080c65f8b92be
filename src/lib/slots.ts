/** Lets at most `count` works run at once; the others wait in line. */
export function createSlots(count: number): <T>(work: () => Promise<T>) => Promise<T> {
  let free = count;
  const line: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => line.push(resolve));
    try {
      return await work();
    } finally {
      // The slot goes from hand to hand: nobody can slip in between.
      const next = line.shift();
      if (next) next();
      else free += 1;
    }
  };
}
