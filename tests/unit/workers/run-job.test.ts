import { expect, it } from 'vitest';
import type { PhaseDeps } from '../../../src/workers/deps.ts';
import type { Heartbeats } from '../../../src/workers/heartbeats.ts';
import { createProcessor } from '../../../src/workers/run-job.ts';
import type { Batches } from '../../../src/workers/sweeps/batches.ts';

it('the processor declares three parameters: without the third, BullMQ would give it no AbortSignal', () => {
  const run = { heartbeats: {} as Heartbeats, batches: {} as Batches, kick: () => undefined };
  expect(createProcessor('run', {} as PhaseDeps, run)).toHaveLength(3);
});
