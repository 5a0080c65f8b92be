import { describe, expect, it } from 'vitest';
import { jobError } from '../../../src/lib/domain/failures.ts';
import { provesUnsent, upstreamPolicy } from '../../../src/lib/domain/upstream-errors.ts';

describe('the policy for an answer of the upstream', () => {
  it.each([
    [200, 1001, 'renew_token', 'token_invalid'],
    [401, null, 'renew_token', 'token_invalid'],
    [200, 1002, 'renew_session', 'session_not_found'],
    [404, null, 'renew_session', 'session_not_found'],
    [200, 2001, 'none', 'credits_exhausted'],
    [200, 4001, 'none', 'unsupported_file'],
    [413, 4002, 'none', 'file_too_large'],
    [402, null, 'none', 'export_blocked'],
    [200, 402, 'none', 'export_blocked'],
    [429, null, 'wait', 'rate_limited'],
    [200, 429, 'wait', 'rate_limited'],
    [500, null, 'retry', 'upstream_unavailable'],
    [502, 0, 'retry', 'upstream_unavailable'],
    [408, null, 'retry', 'upstream_unavailable'],
    [200, 500, 'retry', 'upstream_unavailable'],
    [200, 503, 'retry', 'upstream_unavailable'],
    [200, 408, 'retry', 'upstream_unavailable'],
    [404, 503, 'retry', 'upstream_unavailable'],
    [400, 600, 'none', 'upstream_rejected'],
    [418, null, 'none', 'upstream_rejected'],
    [200, 7777, 'none', 'upstream_rejected'],
  ])('HTTP %i with code %s: %s, else %s', (status, code, remedy, failure) => {
    expect(upstreamPolicy({ status, code })).toEqual({ remedy, failure });
  });
});

describe('what proves that a message was not taken', () => {
  it.each([
    [400, null],
    [401, 1001],
    [402, null],
    [404, 1002],
    [413, null],
    [422, null],
    [429, null],
    [200, 2001],
    [200, 1001],
  ])('HTTP %i with code %s does', (status, code) => {
    expect(provesUnsent({ status, code })).toBe(true);
  });

  it.each([
    [200, null],
    [200, 0],
    [500, null],
    [502, null],
    [503, 2001],
    [200, 500],
    [200, 503],
    [200, 408],
    [429, 503],
    [408, null],
    [302, null],
    [403, null],
    [409, null],
  ])('HTTP %i with code %s does not', (status, code) => {
    expect(provesUnsent({ status, code })).toBe(false);
  });
});

it('an anonymous account is shown where to register, where that helps', () => {
  const registerUrl = 'https://nemovideo.com/register?bind=anon_1';
  expect(jobError('credits_exhausted', { registerUrl }).action).toEqual({ kind: 'register', url: registerUrl });
  expect(jobError('export_blocked', { registerUrl }).action).toEqual({ kind: 'register', url: registerUrl });
  expect(jobError('credits_exhausted').action).toEqual({ kind: 'top_up' });
  expect(jobError('render_failed', { registerUrl }).action).toEqual({ kind: 'retry' });
});
