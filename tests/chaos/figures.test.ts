import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { plainWishes, submitFromMany } from './plain-jobs.ts';
import { createRandom } from './random.ts';
import { claimedAgainAfter, dispatchedAgainAfter, untilInFlight } from './recovery.ts';
import { backends, FULL, SEED, tell } from './settings.ts';
import { mixedWishes } from './stories.ts';
import { startWorld, type World } from './world.ts';

const CONVERSATIONS = 1_000;
/** What may be promised of a killed worker, and of a wiped Redis (docs/durability.md). In ms. */
const CLAIMED_WITHIN_MS = 20_000;
const DISPATCHED_WITHIN_MS = 30_000;
const WAITING_JOBS = 10_000;
const API_DEATHS = 5;
const BETWEEN_DEATHS_MS = 1_000;
const LONG_MS = 10 * 60_000;

let world: World | undefined;
afterEach(() => world?.close());

describe.runIf(FULL)('figures', () => {
  it.each(backends())(
    'a worker killed with 1,000 conversations in flight: all are claimed again in time (%s)',
    { timeout: 2 * LONG_MS },
    async (backend) => {
      // A video takes a minute: long enough for the last conversation to begin while the first goes on.
      const pace = { RECOVERY_DELAYS: '20s,20s,20s,20s,20s', SSE_TOTAL_TIMEOUT: '7m', SSE_IDLE_TIMEOUT: '5m' };
      world = await startWorld(backend, { sandbox: { speed: 1 }, env: pace });
      const here = world;
      const submissions = await submitFromMany(here, plainWishes(CONVERSATIONS, 20));
      const victim = here.startWorker();
      await untilInFlight(here, CONVERSATIONS);
      await here.startWorker().ready();
      // The newcomer holds nothing, until the victim is gone for good.
      const epochs = await here.postgres.sql<{ epoch: number }>('SELECT max(epoch) AS epoch FROM public.job');
      expect(epochs).toEqual([{ epoch: 1 }]);
      const ms = await claimedAgainAfter(here, () => victim.signal('SIGKILL'));
      tell(
        `${backend}: ${CONVERSATIONS} conversations, the last claimed again ${(ms / 1000).toFixed(1)} s after the kill`,
      );
      await here.balances(submissions);
      expect(ms).toBeLessThanOrEqual(CLAIMED_WITHIN_MS);
    },
  );

  it('an API killed during submits: no accepted job is missing', { timeout: LONG_MS }, async () => {
    world = await startWorld('postgres');
    const submitting = submitFromMany(world, mixedWishes(createRandom(SEED), CONVERSATIONS));
    for (let death = 0; death < API_DEATHS; death += 1) {
      await world.api.ready();
      await pause(BETWEEN_DEATHS_MS);
      world.api.signal('SIGKILL');
    }
    const submissions = await submitting;
    const ids = submissions.flatMap(({ jobId }) => jobId ?? []);
    const [found] = await world.postgres.sql<{ jobs: number }>(
      'SELECT count(*)::int AS jobs FROM public.job WHERE id = ANY ($1)',
      [ids],
    );
    tell(`API killed ${API_DEATHS} times: ${ids.length} accepted, ${ids.length - (found?.jobs ?? 0)} missing`);
    world.startWorker();
    world.startWorker();
    await world.balances(submissions);
  });

  it.runIf(backends().includes('redis'))(
    'Redis wiped with 10,000 jobs waiting: all are dispatched again in time',
    { timeout: LONG_MS },
    async () => {
      const slots = { TENANT_CONCURRENCY: `${WAITING_JOBS}`, RUN_CONCURRENCY: '1' };
      world = await startWorld('redis', { sandbox: { speed: 1 }, env: slots });
      const here = world;
      await submitFromMany(here, plainWishes(WAITING_JOBS, WAITING_JOBS));
      tell(`${await here.count('true')} jobs submitted`);
      here.startWorker();
      const ms = await dispatchedAgainAfter(here, WAITING_JOBS, async () => here.redis?.wipe());
      tell(`Redis wiped: ${WAITING_JOBS} waiting jobs dispatched again after ${(ms / 1000).toFixed(1)} s`);
      expect(await here.count('true')).toBe(WAITING_JOBS);
      expect(ms).toBeLessThanOrEqual(DISPATCHED_WITHIN_MS);
    },
  );
});
