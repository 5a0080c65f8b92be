import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { SEND_WINDOW_MS } from '../../src/workers/phases/recover-turn.ts';
import { backends, SETTLE_TIMEOUT_MS } from './settings.ts';
import { submitAll } from './submit.ts';
import { startWorld, type World } from './world.ts';

/** Longer than a lease (15 s), a look of the queue (5 s) and the recovery of the turn. In ms. */
const UNTIL_TAKEN_OVER_MS = 40_000;
const JOBS = 4;

const worlds: World[] = [];
afterAll(async () => {
  for (const world of worlds) await world.close();
});

/** They live on one backend: what is under test lies between Postgres and the socket. */
describe.concurrent('a worker frozen between the commit of a message and its socket', () => {
  it.each([
    { name: 'for longer than the send window: it withdraws, and sends anew', ms: SEND_WINDOW_MS + 2_000, sends: JOBS },
    { name: 'until others have given it up: it never sends', ms: UNTIL_TAKEN_OVER_MS, sends: JOBS - 1 },
  ])('$name', { timeout: SETTLE_TIMEOUT_MS }, async ({ ms, sends }) => {
    const world = await startWorld(backends().at(-1) ?? 'postgres');
    worlds.push(world);
    const frozen = world.startWorker({ faults: () => 'stop:turn.sending:1' });
    const wishes = Array.from({ length: JOBS }, (_, index) => ({
      n: `${index + 1}`,
      tenant: index,
      follows: null,
      cancelAfterMs: null,
      body: { type: 'generate', prompt: `Make clip-${index + 1} of a frozen lake` },
    }));
    const submissions = await submitAll(world, wishes, 0);
    await frozen.frozen();
    world.startWorker();
    await pause(ms);
    frozen.signal('SIGCONT');
    await world.balances(submissions);
    expect((await world.sandbox.log()).messages).toHaveLength(sends);
  });
});
