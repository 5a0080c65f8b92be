import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Queryable } from '../../../src/lib/db/database.ts';
import { createQueueRoom } from '../../../src/lib/db/queue-room.ts';

/** Longer than a count is built upon. In ms. */
const LATER_MS = 300;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A room for two jobs beside those that `table` holds; each is stored when the test says so. */
function roomForTwo() {
  const table = { jobs: 0 };
  const db = { query: async () => ({ rows: [{ jobs: table.jobs }] }) } as unknown as Queryable;
  const room = createQueueRoom(db, 2);
  const store = () => {
    let commit = (): void => undefined;
    let fail = (): void => undefined;
    const stored = new Promise<void>((resolve, reject) => {
      commit = () => {
        table.jobs += 1;
        resolve();
      };
      fail = () => reject(new Error('not stored'));
    });
    const ended = room.within('acme', 1, () => stored);
    return { ended, commit, fail };
  };
  const stored = () => {
    const { ended, commit } = store();
    commit();
    return ended;
  };
  return { table, store, stored, later: () => vi.advanceTimersByTime(LATER_MS) };
}

const FULL = { code: 'queue_full' };

it('jobs that are still being stored have their room, also when the stored ones are counted again', async () => {
  const { store, later } = roomForTwo();
  const slow = [store(), store()];
  await expect(store().ended).rejects.toMatchObject(FULL);
  later();
  await expect(store().ended).rejects.toMatchObject(FULL);
  for (const { commit } of slow) commit();
  await Promise.all(slow.map(({ ended }) => ended));
  await expect(store().ended).rejects.toMatchObject(FULL);
  later();
  await expect(store().ended).rejects.toMatchObject(FULL);
});

it('one that is stored takes one place, whether or not it was counted', async () => {
  const { store, stored, later } = roomForTwo();
  await stored();
  later();
  await stored();
  await expect(store().ended).rejects.toMatchObject(FULL);
});

it('one that was not stored leaves its place', async () => {
  const { store, stored } = roomForTwo();
  const failing = [store(), store()];
  for (const { fail, ended } of failing) {
    fail();
    await expect(ended).rejects.toThrow('not stored');
  }
  await stored();
  await stored();
  await expect(store().ended).rejects.toMatchObject(FULL);
});

it('jobs that started make room at the next count', async () => {
  const { table, store, stored, later } = roomForTwo();
  await stored();
  await stored();
  table.jobs = 1;
  await expect(store().ended).rejects.toMatchObject(FULL);
  later();
  await stored();
});
