import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, it } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { createRandom } from './random.ts';
import { backends, FULL, SEED, SETTLE_TIMEOUT_MS } from './settings.ts';
import { mixedWishes } from './stories.ts';
import { submitAll } from './submit.ts';
import { startWorld, type World } from './world.ts';

const JOBS_EACH = FULL ? 100 : 15;
const SUBMIT_GAP_MS = 100;
/** So that something is under way when a store goes, and something more when the next one does. In ms. */
const BETWEEN_BLOWS_MS = 700;

const worlds: World[] = [];
afterAll(async () => {
  for (const world of worlds) await world.close();
});

describe.concurrent('stores that go down', () => {
  it.each(backends())(
    'lose nothing: Postgres crashes, Redis is wiped and crashes (%s)',
    { timeout: SETTLE_TIMEOUT_MS * 2 },
    async (backend) => {
      const world = await startWorld(backend);
      worlds.push(world);
      world.startWorker();
      const submitting = submitAll(world, mixedWishes(createRandom(SEED), JOBS_EACH), SUBMIT_GAP_MS);
      await waitFor('the first job', async () => (await world.postgres.sql('SELECT FROM public.job')).length > 0);
      const blows = world.redis ? [world.redis.wipe, world.redis.crash, world.postgres.crash] : [world.postgres.crash];
      for (const blow of blows) {
        await pause(BETWEEN_BLOWS_MS);
        await blow();
      }
      await world.balances(await submitting);
    },
  );
});
