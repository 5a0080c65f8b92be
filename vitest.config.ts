import { defineConfig } from 'vitest/config';
import { storesOf } from './tests/support/stores.ts';

const redis = storesOf().hasRedis();
if (!redis && process.env.REQUIRE_REDIS === '1') {
  throw new Error('REQUIRE_REDIS=1, but there is neither a redis-server to start nor a REDIS_URL.');
}

const service = {
  globalSetup: ['tests/support/global-setup.ts'],
  // They wait, for the most part: more of them than there are cores.
  maxWorkers: 4,
  // Each file has a service of its own; loading the program anew for each as well took a third of the time.
  isolate: false,
  testTimeout: 60_000,
  hookTimeout: 60_000,
};

/** Fast ones first; what has to do with the queue (tests/queue) runs once on each of its backends. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/{unit,sandbox,local}/**/*.test.ts'],
          testTimeout: 30_000,
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...service,
          name: 'integration-postgres',
          include: ['tests/{contract,integration,queue}/**/*.test.ts'],
          sequence: { groupOrder: 1 },
        },
      },
      ...(redis
        ? [
            {
              test: {
                ...service,
                name: 'integration-redis',
                include: ['tests/queue/**/*.test.ts'],
                sequence: { groupOrder: 1 },
              },
            },
          ]
        : []),
      {
        test: {
          ...service,
          name: 'e2e',
          include: ['tests/e2e/**/*.test.ts'],
          sequence: { groupOrder: 2 },
          maxWorkers: 6,
          testTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'chaos',
          include: ['tests/chaos/**/*.test.ts'],
          sequence: { groupOrder: 2 },
          // They and those of e2e wait for leases, most of the time.
          maxWorkers: 6,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'bench',
          // The short forms: that the benchmarks run and their books balance. Figures come from `npm run bench`.
          include: ['bench/*.ts'],
          env: { BENCH: 'short' },
          sequence: { groupOrder: 1 },
          maxWorkers: 4,
          testTimeout: 120_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
