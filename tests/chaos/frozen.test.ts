import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import type { FaultPoint } from '../../src/lib/fault-point.ts';
import { SEND_WINDOW_MS } from '../../src/workers/phases/recover-turn.ts';
import { backends, SETTLE_TIMEOUT_MS } from './settings.ts';
import { submitAll } from './submit.ts';
import { startWorld, type World } from './world.ts';

/** Longer than a lease (15 s), a look of the queue (5 s) and the recovery of the turn. In ms. */
const UNTIL_GIVEN_UP_MS = 40_000;

let world: World | undefined;
afterEach(() => world?.close());

it('workers frozen in the worst moments hold nobody up, and never send late', {
  timeout: 2 * SETTLE_TIMEOUT_MS,
}, async () => {
  world = await startWorld(backends().at(-1) ?? 'postgres');
  const here = world;
  const freezeAt = (point: FaultPoint) =>
    here.startWorker({ faults: () => `stop:${point}:1`, env: { RUN_CONCURRENCY: '1' } });
  const submit = (n: number) =>
    submitAll(here, [{ n: `${n}`, tenant: n, follows: null, cancelAfterMs: null, body: bodyOf(n) }], 0);

  // What it has marked, nobody adds to the queue.
  const marks = freezeAt('dispatch.marked');
  const submissions = await submit(1);
  await marks.frozen();
  const withdraws = freezeAt('turn.sending');
  await withdraws.frozen();
  const frozenAt = Date.now();
  submissions.push(...(await submit(2)));
  const isGivenUp = freezeAt('turn.sending');
  await isGivenUp.frozen();
  here.startWorker();
  submissions.push(...(await submit(3)));
  await pause(Math.max(0, frozenAt + SEND_WINDOW_MS + 1_000 - Date.now()));
  withdraws.signal('SIGCONT');
  await pause(UNTIL_GIVEN_UP_MS);
  isGivenUp.signal('SIGCONT');
  await here.balances(submissions);

  // The last one was given up, proven free of charge, before its worker woke; the others were sent, once.
  const failed = await here.postgres.sql(
    "SELECT error->>'code' AS code, charged FROM public.job WHERE status = 'failed'",
  );
  expect(failed).toContainEqual({ code: 'outcome_unknown', charged: 'no' });
  const taken = (await here.sandbox.log()).messages.map(({ text }) => text);
  expect(taken).toHaveLength(submissions.length - failed.length);
  expect(taken.join()).not.toContain('clip-2');
});

function bodyOf(n: number): Record<string, unknown> {
  return { type: 'generate', prompt: `Make clip-${n} of a frozen lake` };
}
