import type { JobError } from './job.ts';

/** Why a job can fail: the public text, whether a retry can help, and what the client may do (the REST contract). */
export const FAILURES = {
  unsupported_file: { message: 'NemoVideo does not take this kind of file.', retryable: false, action: null },
  file_too_large: { message: 'The file is too large: compress or trim it.', retryable: false, action: 'shrink_file' },
  token_invalid: {
    message: 'The NemoVideo token was refused: set a new one.',
    retryable: false,
    action: 'replace_token',
  },
  token_quota: {
    message: 'NemoVideo hands out no more anonymous tokens at the moment.',
    retryable: true,
    action: 'register',
  },
  session_not_found: { message: 'NemoVideo no longer knows this session.', retryable: false, action: null },
  credits_exhausted: { message: 'The account has no credits left for this.', retryable: false, action: 'top_up' },
  export_blocked: { message: 'The plan of this account does not allow exports.', retryable: false, action: 'upgrade' },
  rate_limited: { message: 'NemoVideo limited the rate, also after a wait.', retryable: true, action: 'retry' },
  upstream_unavailable: { message: 'NemoVideo could not be reached.', retryable: true, action: 'retry' },
  upstream_rejected: { message: 'NemoVideo refused the request.', retryable: false, action: null },
  agent_error: { message: 'The agent reported an error and changed nothing.', retryable: true, action: 'retry' },
  no_change: { message: 'The agent ended without a word and changed nothing.', retryable: true, action: 'retry' },
  outcome_unknown: {
    message: 'The conversation was lost and no change was seen afterwards.',
    retryable: true,
    action: 'retry',
  },
  stream_timeout: {
    message: 'The conversation took too long and nothing had changed.',
    retryable: true,
    action: 'retry',
  },
  draft_not_ready: { message: 'There is nothing to export in this session yet.', retryable: false, action: null },
  render_failed: { message: 'The render failed twice.', retryable: true, action: 'retry' },
  render_timeout: { message: 'The render did not finish in time.', retryable: true, action: 'retry' },
  output_unreadable: { message: 'The finished file could not be read.', retryable: true, action: 'retry' },
  deadline_exceeded: { message: 'The job did not end before its deadline.', retryable: true, action: 'retry' },
  batch_credit_limit: { message: "The batch's max_credits are used up.", retryable: false, action: null },
  internal_error: { message: 'Something went wrong on our side.', retryable: true, action: 'retry' },
} as const satisfies Record<string, { message: string; retryable: boolean; action: string | null }>;

export type FailureCode = keyof typeof FAILURES;
/** What a client may do about a failure. */
export type FailureAction = NonNullable<(typeof FAILURES)[FailureCode]['action']>;

/** What came from the upstream with a failure, as far as it answered. */
export type UpstreamAnswer = NonNullable<JobError['upstream']>;

/** What an anonymous account can do only by being registered. */
const REGISTERING_HELPS = new Set(['top_up', 'upgrade', 'register']);

/** A job's `error`. `registerUrl` binds an anonymous account: where it is known, it is the way to more credits or rights. */
export function jobError(
  code: FailureCode,
  more: { upstream?: UpstreamAnswer | null; registerUrl?: string | null } = {},
): JobError {
  const { message, retryable, action } = FAILURES[code];
  return {
    code,
    message,
    retryable,
    action: withRegisterUrl(action, more.registerUrl),
    upstream: more.upstream ?? null,
  };
}

function withRegisterUrl(action: string | null, url: string | null | undefined): JobError['action'] {
  if (action === null) return null;
  return url && REGISTERING_HELPS.has(action) ? { kind: 'register', url } : { kind: action };
}
