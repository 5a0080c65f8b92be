import { defineConfig } from 'vitest/config';

/** `npm run bench [-- <name>]`: one file a benchmark, one after the other, with nothing else on the machine. */
export default defineConfig({
  test: {
    include: ['bench/*.ts'],
    fileParallelism: false,
    testTimeout: 1_800_000,
    hookTimeout: 120_000,
    disableConsoleIntercept: true,
  },
});
