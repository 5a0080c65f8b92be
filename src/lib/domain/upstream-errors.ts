import type { FailureCode } from './failures.ts';

/**
 * What to do about an error of the upstream (nemovideo-api.md, "Error codes"; the same numbers come in `code` with
 * HTTP 200 and as the HTTP status).
 * `renew_token`, `renew_session`, `wait`: a remedy that is tried once, then the failure.
 * `retry`: with backoff while it is safe; for a message that may have been sent there is no retry, ever.
 */
export type Remedy = 'renew_token' | 'renew_session' | 'wait' | 'retry' | 'none';
type Policy = { remedy: Remedy; failure: FailureCode };

const BY_CODE: Readonly<Record<number, Policy>> = {
  1001: { remedy: 'renew_token', failure: 'token_invalid' },
  1002: { remedy: 'renew_session', failure: 'session_not_found' },
  2001: { remedy: 'none', failure: 'credits_exhausted' },
  4001: { remedy: 'none', failure: 'unsupported_file' },
  4002: { remedy: 'none', failure: 'file_too_large' },
  401: { remedy: 'renew_token', failure: 'token_invalid' },
  402: { remedy: 'none', failure: 'export_blocked' },
  404: { remedy: 'renew_session', failure: 'session_not_found' },
  429: { remedy: 'wait', failure: 'rate_limited' },
};

const RETRY: Policy = { remedy: 'retry', failure: 'upstream_unavailable' };
const REJECTED: Policy = { remedy: 'none', failure: 'upstream_rejected' };

/** The policy for an answer: what `code` of the envelope means where it means anything, else the HTTP status. */
export function upstreamPolicy({ status, code }: { status: number; code: number | null }): Policy {
  return policyOf(code) ?? policyOf(status) ?? REJECTED;
}

function policyOf(number: number | null): Policy | undefined {
  if (number === null) return undefined;
  return BY_CODE[number] ?? (isTransient(number) ? RETRY : undefined);
}

function isTransient(number: number): boolean {
  return number === 408 || (number >= 500 && number < 600);
}

/** Statuses of `/run_sse` that prove that no turn was started (architecture.md, money rule 3). */
const REFUSALS = new Set([400, 401, 402, 404, 413, 422, 429]);

/**
 * Whether an answer of `/run_sse` proves that the message was not taken: a listed status, or a JSON code with HTTP 200.
 * A code that says that the upstream is in trouble proves nothing, whatever the status.
 */
export function provesUnsent({ status, code }: { status: number; code: number | null }): boolean {
  if (code !== null && isTransient(code)) return false;
  return REFUSALS.has(status) || (status === 200 && code !== null && code !== 0);
}
