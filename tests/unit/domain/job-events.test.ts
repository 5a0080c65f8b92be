import { expect, it } from 'vitest';
import { TERMINAL_STATUSES } from '../../../src/lib/domain/job.ts';
import { DEFAULT_EVENTS, isWanted, PUBLIC_EVENTS, terminalEvent } from '../../../src/lib/domain/job-events.ts';

it('a webhook that names no events gets exactly the terminal ones', () => {
  expect([...DEFAULT_EVENTS].sort()).toEqual(TERMINAL_STATUSES.map(terminalEvent).sort());
});

it('a webhook that names events gets these, and never the private ones', () => {
  expect(isWanted('job.started', ['job.started'])).toBe(true);
  expect(isWanted('job.succeeded', ['job.started'])).toBe(false);
  expect(isWanted('job.started', [])).toBe(false);
  expect(isWanted('job.phase', ['job.phase'])).toBe(false);
  expect(PUBLIC_EVENTS).not.toContain('job.phase');
});
