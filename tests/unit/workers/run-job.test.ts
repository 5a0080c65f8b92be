import { expect, it } from 'vitest';
import type { PhaseDeps } from '../../../src/workers/deps.ts';
import type { Heartbeats } from '../../../src/workers/heartbeats.ts';
import { createProcessor } from '../../../src/workers/run-job.ts';
import { createStopping } from '../../../src/workers/stopping.ts';
import type { Batches } from '../../../src/workers/sweeps/batches.ts';

it('the processor declares two parameters: with a third, BullMQ would make an AbortSignal for each entry', () => {
  const run = {
    heartbeats: {} as Heartbeats,
    batches: {} as Batches,
    stopping: createStopping(),
    kick: () => undefined,
  };
  expect(createProcessor('run', {} as PhaseDeps, run)).toHaveLength(2);
});
