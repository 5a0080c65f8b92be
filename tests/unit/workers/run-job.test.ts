import { expect, it } from 'vitest';
import type { Batches } from '../../../src/workers/batches.ts';
import type { PhaseDeps } from '../../../src/workers/deps.ts';
import type { Heartbeats } from '../../../src/workers/heartbeats.ts';
import { createProcessor } from '../../../src/workers/run-job.ts';

it('the processor declares three parameters: without the third, BullMQ would give it no AbortSignal', () => {
  const run = { heartbeats: {} as Heartbeats, batches: {} as Batches, kick: () => undefined };
  expect(createProcessor('run', {} as PhaseDeps, run)).toHaveLength(3);
});
