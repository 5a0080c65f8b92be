import { afterAll, describe, expect, it } from 'vitest';
import { plainWishes, submitFromMany } from './plain-jobs.ts';
import { handedOverBy, untilInFlight } from './recovery.ts';
import { backends, FULL, SETTLE_TIMEOUT_MS, tell } from './settings.ts';
import { startWorld, type World } from './world.ts';

const CONVERSATIONS = FULL ? 1_000 : 50;
/** The contract with whoever rolls out a new version: so long after SIGTERM, without a drain, everything is handed over. In ms. */
const HANDED_OVER_WITHIN_MS = 5_000;

const worlds: World[] = [];
afterAll(async () => {
  for (const world of worlds) await world.close();
});

// A time is only measured where nothing else goes on.
describe('a worker that is told to stop', { concurrent: !FULL }, () => {
  it.each(backends())(
    'hands over all its conversations, and none is sent again (%s)',
    { timeout: 2 * SETTLE_TIMEOUT_MS },
    async (backend) => {
      const world = await startWorld(backend, {
        sandbox: { speed: FULL ? 2 : 12 },
        env: {
          DRAIN_TIMEOUT: '0s',
          TENANT_CONCURRENCY: '100',
          RECOVERY_DELAYS: FULL ? '20s,20s,20s,20s,20s' : '3s,5s,8s,8s,4s,4s,4s,4s,4s,4s,10s,20s',
          SSE_TOTAL_TIMEOUT: '3m',
          SSE_IDLE_TIMEOUT: '2m',
        },
      });
      worlds.push(world);
      // Long enough that all of them run at once: minutes where they are many, 40 s in a build.
      const submissions = await submitFromMany(world, plainWishes(CONVERSATIONS, 100, FULL ? '' : '#heartbeats'));
      const leaving = world.startWorker();
      await untilInFlight(world, CONVERSATIONS);

      const { ms, left } = await handedOverBy(world, leaving.stop);
      tell(
        `${backend}: ${CONVERSATIONS} conversations handed over ${(ms / 1000).toFixed(1)} s after SIGTERM, ${left} left`,
      );
      expect(left).toBe(0);
      // A time is promised for a machine that has nothing else to do; a build may be anywhere.
      if (FULL) expect(ms).toBeLessThanOrEqual(HANDED_OVER_WITHIN_MS);

      world.startWorker();
      await world.balances(submissions);
    },
  );
});
