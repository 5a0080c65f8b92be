import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { SEND_WINDOW_MS } from '../../src/workers/phases/recover-turn.ts';
import { backends, SETTLE_TIMEOUT_MS } from './settings.ts';
import { submitAll } from './submit.ts';
import { startWorld, type World } from './world.ts';

/** Longer than a lease (15 s), a look of the queue (5 s) and the recovery of the turn. In ms. */
const UNTIL_TAKEN_OVER_MS = 40_000;
const JOBS = 4;

let world: World | undefined;
afterAll(() => world?.close());

it('workers frozen between the commit of a message and its socket never send it late', {
  timeout: SETTLE_TIMEOUT_MS,
}, async () => {
  world = await startWorld(backends().at(-1) ?? 'postgres');
  // One job each: the others are for a worker that is well.
  const freeze = { faults: () => 'stop:turn.sending:1', env: { RUN_CONCURRENCY: '1' } };
  const [withdraws, isGivenUp] = [world.startWorker(freeze), world.startWorker(freeze)];
  const wishes = Array.from({ length: JOBS }, (_, index) => ({
    n: `${index + 1}`,
    tenant: index,
    follows: null,
    cancelAfterMs: null,
    body: { type: 'generate', prompt: `Make clip-${index + 1} of a frozen lake` },
  }));
  const submissions = await submitAll(world, wishes, 0);
  await Promise.all([withdraws.frozen(), isGivenUp.frozen()]);
  world.startWorker();
  await pause(SEND_WINDOW_MS + 1_000);
  withdraws.signal('SIGCONT');
  await pause(UNTIL_TAKEN_OVER_MS);
  isGivenUp.signal('SIGCONT');
  await world.balances(submissions);

  // The one has taken its message back and sent it anew; the other's was given up, proven free of charge, before it woke.
  expect((await world.sandbox.log()).messages).toHaveLength(JOBS - 1);
  expect(
    await world.postgres.sql("SELECT error->>'code' AS code, charged FROM public.job WHERE status = 'failed'"),
  ).toEqual([{ code: 'outcome_unknown', charged: 'no' }]);
});
