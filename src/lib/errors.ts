/**
 * Every error that a client can be answered with: its code, HTTP status and title. One table; the problem documents
 * (RFC 9457), the docs and the tests derive from it.
 */
export const PROBLEMS = {
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  unauthorized: { status: 401, title: 'A valid API key is needed' },
  not_found: { status: 404, title: 'There is nothing here' },
  job_not_retryable: { status: 409, title: 'There is nothing to retry' },
  retry_in_progress: { status: 409, title: 'The job is being retried already' },
  charge_unknown: { status: 409, title: 'A retry may cost credits a second time' },
  idempotency_in_flight: { status: 409, title: 'The first request with this key is still under way' },
  job_already_terminal: { status: 409, title: 'It has ended already' },
  client_reference_used: { status: 409, title: 'Another job has this client reference' },
  draft_not_ready: { status: 409, title: 'There is nothing to export yet' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'This content type is not understood' },
  validation_failed: { status: 422, title: 'The request has faults' },
  idempotency_key_reused: { status: 422, title: 'This key was used for another request' },
  rate_limited: { status: 429, title: 'Too many requests' },
  queue_full: { status: 429, title: 'Too many jobs are waiting' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  unavailable: { status: 503, title: 'Not available right now' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One fault of a request. `pointer` is a JSON Pointer (RFC 6901) into the body, or `?name` for one of the query. */
export type Fault = { pointer: string; detail: string };

/** An error that is meant for the client. Whatever else is thrown becomes `internal_error`. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly faults: readonly Fault[];
  /** Seconds, for the Retry-After header. */
  readonly retryAfterS: number | null;
  /** The address of what is there already, where that is in the way. */
  readonly existing: string | null;

  constructor(
    code: ProblemCode,
    detail: string,
    more: { faults?: readonly Fault[]; retryAfterS?: number; existing?: string; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause });
    this.code = code;
    this.faults = more.faults ?? [];
    this.retryAfterS = more.retryAfterS ?? null;
    this.existing = more.existing ?? null;
  }
}
