import { afterAll, describe, it } from 'vitest';
import { createRandom } from './random.ts';
import { backends, FULL, SEED, SETTLE_TIMEOUT_MS } from './settings.ts';
import { mixedWishes } from './stories.ts';
import { submitAll } from './submit.ts';
import { startWorld, type World } from './world.ts';

const JOBS_EACH = FULL ? 100 : 15;
const SUBMIT_GAP_MS = 50;
const HOUR_MS = 3_600_000;

const worlds: World[] = [];
afterAll(async () => {
  for (const world of worlds) await world.close();
});

describe.concurrent('clocks that are off', () => {
  it.each(FULL ? backends() : backends().slice(0, 1))(
    'an hour early and an hour late, they share the work (%s)',
    { timeout: 2 * SETTLE_TIMEOUT_MS },
    async (backend) => {
      const world = await startWorld(backend);
      worlds.push(world);
      for (const offset of [HOUR_MS, -HOUR_MS]) world.startWorker({ env: { TEST_CLOCK_OFFSET_MS: `${offset}` } });
      // Between two tries of one job the clock of its worker may jump by two hours.
      await world.sandbox.fault({ route: 'GET /api/state', times: JOBS_EACH, status: 503 });
      await world.balances(await submitAll(world, mixedWishes(createRandom(SEED), JOBS_EACH), SUBMIT_GAP_MS));
    },
  );
});
