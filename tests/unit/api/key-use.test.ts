import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createKeyUse } from '../../../src/api/key-use.ts';
import type { Queryable } from '../../../src/lib/db/database.ts';

const written: string[][] = [];
let fails = false;
const db = {
  async query({ values }: { values: [string[]] }) {
    written.push(values[0]);
    if (fails) throw new Error('no database');
  },
} as unknown as Queryable;

beforeEach(() => {
  vi.useFakeTimers();
  written.length = 0;
  fails = false;
});

afterEach(() => vi.useRealTimers());

it('writes the use of a key once a minute, and those of a second together', async () => {
  const use = createKeyUse(db, pino({ level: 'silent' }));
  for (let n = 0; n < 100; n += 1) use.note('key_a');
  use.note('key_b');
  expect(written).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(written).toEqual([['key_a', 'key_b']]);
  use.note('key_a');
  await vi.advanceTimersByTimeAsync(58_000);
  use.note('key_a');
  await vi.advanceTimersByTimeAsync(1_500);
  expect(written).toHaveLength(1);
  use.note('key_a');
  await use.stop();
  expect(written).toEqual([['key_a', 'key_b'], ['key_a']]);
});

it('a database that does not answer is no reason to end', async () => {
  fails = true;
  const use = createKeyUse(db, pino({ level: 'silent' }));
  use.note('key_a');
  await vi.advanceTimersByTimeAsync(1_000);
  await use.stop();
  expect(written).toEqual([['key_a']]);
});
