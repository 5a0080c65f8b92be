/**
 * Every error that a client can be answered with: its code, HTTP status and title. One table; the problem documents
 * (RFC 9457), the docs and the tests derive from it.
 */
export const PROBLEMS = {
  invalid_json: { status: 400, title: 'The body is not valid JSON' },
  unauthorized: { status: 401, title: 'A valid API key is needed' },
  not_found: { status: 404, title: 'There is nothing here' },
  draft_not_ready: { status: 409, title: 'There is nothing to export yet' },
  payload_too_large: { status: 413, title: 'The body is too large' },
  unsupported_media_type: { status: 415, title: 'This content type is not understood' },
  validation_failed: { status: 422, title: 'The request has faults' },
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

  constructor(
    code: ProblemCode,
    detail: string,
    more: { faults?: readonly Fault[]; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause });
    this.code = code;
    this.faults = more.faults ?? [];
    this.retryAfterS = more.retryAfterS ?? null;
  }
}
