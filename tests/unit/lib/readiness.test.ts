import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createReadiness } from '../../../src/lib/readiness.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

it('names what fails and what takes too long', async () => {
  const missing = createReadiness({
    well: async () => 1,
    broken: () => Promise.reject(new Error('refused')),
    silent: () => new Promise(() => undefined),
  });
  const asked = missing();
  await vi.advanceTimersByTimeAsync(2_000);
  expect(await asked).toEqual(['broken', 'silent']);
});

it('probes do not pile up in front of what is silent, and see it come back', async () => {
  let asked = 0;
  let answer: (value: unknown) => void = () => undefined;
  const missing = createReadiness({
    store: () => {
      asked += 1;
      return new Promise((resolve) => {
        answer = resolve;
      });
    },
  });
  for (let probes = 0; probes < 10; probes += 1) {
    const probe = missing();
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await probe).toEqual(['store']);
  }
  expect(asked).toBe(1);
  answer('here again');
  await vi.advanceTimersByTimeAsync(0);
  const probe = missing();
  answer('here again');
  expect(await probe).toEqual([]);
  expect(asked).toBe(2);
});
