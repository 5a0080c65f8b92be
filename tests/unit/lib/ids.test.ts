import { expect, it } from 'vitest';
import { isId, lowestIdAt, newId } from '../../../src/lib/ids.ts';

it('a new id lies between the borders of its time', () => {
  const before = lowestIdAt('job', new Date());
  const id = newId('job');
  expect(before <= id).toBe(true);
  expect(id < lowestIdAt('job', new Date(Date.now() + 60_000))).toBe(true);
});

it('a border is an id, also of the beginning of time', () => {
  expect(isId(lowestIdAt('evt', new Date(0)), 'evt')).toBe(true);
  expect(lowestIdAt('evt', new Date(-5))).toBe(lowestIdAt('evt', new Date(0)));
});
