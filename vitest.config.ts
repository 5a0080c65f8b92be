import { defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/support/longest-first.ts';
import { storesOf } from './tests/support/stores.ts';

const redis = storesOf().hasRedis();
if (!redis && process.env.REQUIRE_REDIS === '1') {
  throw new Error('REQUIRE_REDIS=1, but there is neither a redis-server to start nor a REDIS_URL.');
}

/** All that start services: beside each other, so that one uses the cores while another waits for a lease. */
const together = {
  // Some wait while others work. With twice as many, a slow day of the machine makes everybody late, and nothing is quicker.
  maxWorkers: 3,
  sequence: { groupOrder: 1 },
  // Each file has a service of its own; loading the program anew for each as well took a third of the time.
  isolate: false,
  testTimeout: 120_000,
  hookTimeout: 120_000,
};
const globalSetup = ['tests/support/global-setup.ts'];
/** Its tests are mostly real processes, of which some start after the other. */
const slow = { ...together, testTimeout: 300_000 };

/** Fast ones first; what has to do with the queue (tests/queue) runs once on each of its backends. */
export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    // The projects share most of their modules: one transforms them for all.
    experimental: { fsModuleCache: true },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['tests/{unit,sandbox}/**/*.test.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
          isolate: false,
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          ...together,
          name: 'integration-postgres',
          include: ['tests/{contract,integration,queue}/**/*.test.ts'],
          globalSetup,
        },
      },
      ...(redis
        ? [
            {
              extends: true as const,
              test: { ...together, name: 'integration-redis', include: ['tests/queue/**/*.test.ts'], globalSetup },
            },
          ]
        : []),
      { extends: true, test: { ...slow, name: 'e2e', include: ['tests/{e2e,local}/**/*.test.ts'], globalSetup } },
      { extends: true, test: { ...slow, name: 'chaos', include: ['tests/chaos/**/*.test.ts'] } },
      {
        extends: true,
        // The short forms: that the benchmarks run and their books balance. Figures come from `npm run bench`.
        test: { ...slow, name: 'bench', include: ['bench/*.ts'], env: { BENCH: 'short' } },
      },
    ],
  },
});
