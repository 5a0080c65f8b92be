import { expect, it, vi } from 'vitest';
import { createLogger } from '../../../src/lib/logger.ts';
import { startLoop } from '../../../src/workers/loop.ts';

const log = createLogger('silent', 'test');
const HOUR_MS = 3_600_000;

/** A round that ends when the test says so. */
function controlled() {
  const waiting: ((more: boolean) => void)[] = [];
  return {
    rounds: 0,
    async end(more = false) {
      await vi.waitFor(() => expect(waiting).not.toEqual([]));
      waiting.shift()?.(more);
    },
    work() {
      this.rounds += 1;
      return new Promise<boolean>((resolve) => waiting.push(resolve));
    },
  };
}

it('runs at once, then when kicked; kicks during a round are one more round', async () => {
  const round = controlled();
  const loop = startLoop({ name: 'test', intervalMs: HOUR_MS, log, work: () => round.work() });
  expect(round.rounds).toBe(1);
  loop.kick();
  loop.kick();
  await round.end();
  await vi.waitFor(() => expect(round.rounds).toBe(2));
  await round.end();
  loop.kick();
  await vi.waitFor(() => expect(round.rounds).toBe(3));
  await round.end();
  await loop.stop();
  loop.kick();
  expect(round.rounds).toBe(3);
});

it('goes on at once while there is more, and after a round that throws', async () => {
  let rounds = 0;
  const loop = startLoop({
    name: 'test',
    intervalMs: 1,
    log,
    async work() {
      rounds += 1;
      if (rounds === 2) throw new Error('no database');
      return rounds < 4;
    },
  });
  await vi.waitFor(() => expect(rounds).toBeGreaterThanOrEqual(5));
  await loop.stop();
});

it('stopping waits for the round under way', async () => {
  const round = controlled();
  const loop = startLoop({ name: 'test', intervalMs: HOUR_MS, log, work: () => round.work() });
  let stopped = false;
  const stopping = loop.stop().then(() => {
    stopped = true;
  });
  expect(stopped).toBe(false);
  await round.end(true);
  await stopping;
  expect(round.rounds).toBe(1);
});
