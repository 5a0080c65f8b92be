import { expect, it } from 'vitest';
import { createSlots, openSlots } from '../../../src/lib/slots.ts';

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

it('who leaves a slot lets the next one in at once, and waits in line to come back', async () => {
  const { hold, leave } = openSlots(1);
  const steps: string[] = [];
  let comeBack: () => void = () => undefined;
  let goOn: () => void = () => undefined;
  const outside = new Promise<void>((resolve) => {
    comeBack = resolve;
  });
  const inside = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const first = hold(async () => {
    steps.push('first begins');
    await leave(async () => {
      steps.push('first is aside');
      await outside;
    });
    steps.push('first is back');
  });
  const second = hold(async () => {
    steps.push('second begins');
    await inside;
    steps.push('second ends');
  });
  await Promise.resolve();
  comeBack();
  await new Promise(setImmediate);
  expect(steps).toEqual(['first begins', 'first is aside', 'second begins']);
  goOn();
  await Promise.all([first, second]);
  expect(steps.slice(3)).toEqual(['second ends', 'first is back']);
});

it('who comes back from outside with an error has the slot again, and gives it back', async () => {
  const { hold, leave } = openSlots(1);
  const failing = hold(() => leave(() => Promise.reject(new Error('outside'))));
  await expect(failing).rejects.toThrow('outside');
  expect(await hold(async () => 'free')).toBe('free');
});
