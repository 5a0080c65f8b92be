import { expect, it } from 'vitest';
import { createSlots } from '../../../src/lib/slots.ts';

it('lets so many work at once, the others in order, whatever becomes of those before', async () => {
  const inSlot = createSlots(2);
  const ends: (() => void)[] = [];
  const started: number[] = [];
  const works = [0, 1, 2, 3].map((n) =>
    inSlot(async () => {
      started.push(n);
      await new Promise<void>((resolve) => {
        ends[n] = resolve;
      });
      if (n === 0) throw new Error('failed');
      return n;
    }),
  );
  expect(started).toEqual([0, 1]);
  ends[0]?.();
  await expect(works[0]).rejects.toThrow('failed');
  expect(started).toEqual([0, 1, 2]);
  ends[1]?.();
  await works[1];
  expect(started).toEqual([0, 1, 2, 3]);
  ends[2]?.();
  ends[3]?.();
  expect(await Promise.all(works.slice(1))).toEqual([1, 2, 3]);
});
