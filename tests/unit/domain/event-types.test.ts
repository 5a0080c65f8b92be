import { expect, it } from 'vitest';
import { DEFAULT_EVENTS, isWanted, PUBLIC_EVENTS, PULLED_EVENTS } from '../../../src/lib/domain/event-types.ts';
import { TERMINAL_STATUSES } from '../../../src/lib/domain/job.ts';
import { terminalEvent } from '../../../src/lib/domain/job-events.ts';

it('a webhook that names no events gets exactly the terminal ones, and the end of batches', () => {
  expect([...DEFAULT_EVENTS].sort()).toEqual(['batch.completed', ...TERMINAL_STATUSES.map(terminalEvent)].sort());
});

it('the types are those of the contract', () => {
  expect([...PUBLIC_EVENTS].sort()).toEqual([
    'batch.completed',
    'credits.low',
    'endpoint.disabled',
    'job.canceled',
    'job.expired',
    'job.failed',
    'job.preview_ready',
    'job.progress',
    'job.started',
    'job.succeeded',
    'webhook.test',
  ]);
  expect(PUBLIC_EVENTS.filter((type) => !PULLED_EVENTS.includes(type))).toEqual(['job.progress']);
});

it('a webhook that names events gets these, and never the private ones', () => {
  expect(isWanted('job.started', ['job.started'])).toBe(true);
  expect(isWanted('job.succeeded', ['job.started'])).toBe(false);
  expect(isWanted('job.started', [])).toBe(false);
  expect(isWanted('job.phase', ['job.phase'])).toBe(false);
  expect(PUBLIC_EVENTS).not.toContain('job.phase');
});
