import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { createGroupCommit } from '../../../src/lib/db/group-commit.ts';

/** Writes that end when the test says so; each item's result is its double. */
function controlled(maxItems = 3, maxWrites = 1) {
  const writes: { items: readonly number[]; end(): void; fail(error: Error): void }[] = [];
  const group = createGroupCommit<number, number>({
    maxItems,
    maxWrites,
    write: (items) =>
      new Promise((resolve, reject) => {
        writes.push({ items, end: () => resolve(items.map((item) => item * 2)), fail: reject });
      }),
  });
  return { group, writes, written: () => writes.map(({ items }) => items) };
}

it('writes at once what comes alone, and together what comes meanwhile, up to the limit', async () => {
  const { group, writes, written } = controlled();
  const results = [1, 2, 3, 4, 5].map((item) => group.add(item));
  expect(written()).toEqual([[1]]);
  writes[0]?.end();
  expect(await results[0]).toBe(2);
  await vi.waitFor(() => expect(written()).toEqual([[1], [2, 3, 4]]));
  writes[1]?.end();
  expect(await Promise.all(results.slice(1, 4))).toEqual([4, 6, 8]);
  await vi.waitFor(() => expect(written()).toEqual([[1], [2, 3, 4], [5]]));
  writes[2]?.end();
  expect(await results[4]).toBe(10);
});

it('has no more writes under way than allowed', () => {
  const { group, written } = controlled(1, 2);
  for (const item of [1, 2, 3]) void group.add(item);
  expect(written()).toEqual([[1], [2]]);
});

it('a write that fails is repeated once for each item alone; only the bad item fails', async () => {
  const tried: (readonly string[])[] = [];
  const group = createGroupCommit<string, string>({
    maxItems: 10,
    maxWrites: 1,
    async write(items) {
      tried.push(items);
      if (items.includes('bad')) throw new Error(`not with ${items.length}`);
      return items;
    },
  });
  const results = await Promise.allSettled(['first', 'good', 'bad', 'fine'].map(group.add));
  expect(results).toEqual([
    { status: 'fulfilled', value: 'first' },
    { status: 'fulfilled', value: 'good' },
    { status: 'rejected', reason: new Error('not with 1') },
    { status: 'fulfilled', value: 'fine' },
  ]);
  expect(tried).toEqual([['first'], ['good', 'bad', 'fine'], ['good'], ['bad'], ['fine']]);
});

it('an Error in place of a result fails that item only, and nothing is repeated', async () => {
  let writes = 0;
  const group = createGroupCommit<number, number>({
    maxItems: 10,
    maxWrites: 1,
    async write(items) {
      writes += 1;
      return items.map((item) => (item % 2 === 0 ? item : new Error(`odd ${item}`)));
    },
  });
  const results = await Promise.allSettled([0, 1, 2, 3].map(group.add));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
  expect(writes).toBe(2);
});

it('flush resolves when all that was added is written', async () => {
  const { group, writes } = controlled();
  const results = [1, 2].map((item) => group.add(item));
  let flushed = false;
  const flushing = group.flush().then(() => {
    flushed = true;
  });
  writes[0]?.end();
  await results[0];
  await vi.waitFor(() => expect(writes).toHaveLength(2));
  expect(flushed).toBe(false);
  writes[1]?.end();
  await flushing;
  expect(await results[1]).toBe(4);
});

it('whatever comes when: every item is answered with its own result, in groups within the limits', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(), { maxLength: 60 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 4 }),
      fc.scheduler(),
      async (items, maxItems, maxWrites, scheduler) => {
        let underWay = 0;
        const group = createGroupCommit<number, number>({
          maxItems,
          maxWrites,
          async write(together) {
            underWay += 1;
            expect(underWay).toBeLessThanOrEqual(maxWrites);
            expect(together.length).toBeLessThanOrEqual(maxItems);
            await scheduler.schedule(Promise.resolve());
            underWay -= 1;
            return together.map((item) => item + 1);
          },
        });
        const results = items.map((item) => scheduler.schedule(Promise.resolve()).then(() => group.add(item)));
        await scheduler.waitFor(Promise.all(results));
        expect(await Promise.all(results)).toEqual(items.map((item) => item + 1));
      },
    ),
  ));
