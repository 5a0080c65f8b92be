import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { shareStatements } from '../../../src/lib/db/share-statements.ts';

/** Statements that end when the test says so; each item's result is its double. */
function controlled(maxItems = 3, maxAtOnce = 1) {
  const statements: { items: readonly number[]; end(): void; fail(error: Error): void }[] = [];
  const group = shareStatements<number, number>({
    maxItems,
    maxAtOnce,
    run: (items) =>
      new Promise((resolve, reject) => {
        statements.push({ items, end: () => resolve(items.map((item) => item * 2)), fail: reject });
      }),
  });
  return { group, statements, asked: () => statements.map(({ items }) => items) };
}

it('runs what comes at the same time together, and together what comes meanwhile, up to the limit', async () => {
  const { group, statements, asked } = controlled();
  const first = [1, 2].map((item) => group.add(item));
  await vi.waitFor(() => expect(asked()).toEqual([[1, 2]]));
  const meanwhile = [3, 4, 5, 6].map((item) => group.add(item));
  await nextTurn();
  expect(asked()).toEqual([[1, 2]]);
  statements[0]?.end();
  expect(await Promise.all(first)).toEqual([2, 4]);
  await vi.waitFor(() =>
    expect(asked()).toEqual([
      [1, 2],
      [3, 4, 5],
    ]),
  );
  statements[1]?.end();
  expect(await Promise.all(meanwhile.slice(0, 3))).toEqual([6, 8, 10]);
  await vi.waitFor(() => expect(asked()).toEqual([[1, 2], [3, 4, 5], [6]]));
  statements[2]?.end();
  expect(await meanwhile[3]).toBe(12);
});

it('answers nobody from a statement that began before', async () => {
  const { group, statements, asked } = controlled();
  void group.add(1);
  await vi.waitFor(() => expect(asked()).toEqual([[1]]));
  const same = group.add(1);
  statements[0]?.end();
  await vi.waitFor(() => expect(asked()).toEqual([[1], [1]]));
  statements[1]?.end();
  expect(await same).toBe(2);
});

it('has no more statements under way than allowed', async () => {
  const { group, asked } = controlled(1, 2);
  for (const item of [1, 2, 3]) void group.add(item);
  await vi.waitFor(() => expect(asked()).toEqual([[1], [2]]));
  await nextTurn();
  expect(asked()).toEqual([[1], [2]]);
});

it('a statement that fails is repeated once for each item alone; only the bad item fails', async () => {
  const tried: (readonly string[])[] = [];
  const group = shareStatements<string, string>({
    maxItems: 10,
    maxAtOnce: 1,
    async run(items) {
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
  expect(tried).toEqual([['first', 'good', 'bad', 'fine'], ['first'], ['good'], ['bad'], ['fine']]);
});

it('an Error in place of a result fails that item only, and nothing is repeated', async () => {
  let statements = 0;
  const group = shareStatements<number, number>({
    maxItems: 10,
    maxAtOnce: 1,
    async run(items) {
      statements += 1;
      return items.map((item) => (item % 2 === 0 ? item : new Error(`odd ${item}`)));
    },
  });
  const results = await Promise.allSettled([0, 1, 2, 3].map(group.add));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
  expect(statements).toBe(1);
});

it('flush resolves when all that was added has ended', async () => {
  const { group, statements, asked } = controlled(1);
  const results = [1, 2].map((item) => group.add(item));
  let flushed = false;
  const flushing = group.flush().then(() => {
    flushed = true;
  });
  await vi.waitFor(() => expect(asked()).toEqual([[1]]));
  statements[0]?.end();
  await vi.waitFor(() => expect(asked()).toEqual([[1], [2]]));
  await nextTurn();
  expect(flushed).toBe(false);
  statements[1]?.end();
  await flushing;
  expect(await Promise.all(results)).toEqual([2, 4]);
});

it('whatever comes when: every item is answered with its own result, in groups within the limits', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(), { maxLength: 60 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 4 }),
      fc.scheduler(),
      async (items, maxItems, maxAtOnce, scheduler) => {
        let underWay = 0;
        const group = shareStatements<number, number>({
          maxItems,
          maxAtOnce,
          async run(together) {
            underWay += 1;
            expect(underWay).toBeLessThanOrEqual(maxAtOnce);
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

it('with a time to gather, holds an item back for so long, unless all is to be done at once', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  const asked: (readonly number[])[] = [];
  const run = async (items: readonly number[]) => {
    asked.push(items);
    return items;
  };
  const group = shareStatements<number, number>({ maxItems: 10, maxAtOnce: 1, gatherMs: 50, run });
  const first = group.add(1);
  await vi.advanceTimersByTimeAsync(49);
  const second = group.add(2);
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await Promise.all([first, second])).toEqual([1, 2]);
  const third = group.add(3);
  await group.flush();
  expect([asked, await third]).toEqual([[[1, 2], [3]], 3]);
  vi.useRealTimers();
});
