/**
 * Every error that a client can be answered with: its code, HTTP status, title, and what to do about it. One table; the
 * problem documents (RFC 9457), docs/errors.md, the page /docs/errors, the OpenAPI document and the tests derive from it.
 */
export const PROBLEMS = {
  invalid_json: {
    status: 400,
    title: 'The body is not valid JSON',
    help: 'Send one JSON value in UTF-8, or no body and no content type at all where the body may be left out.',
  },
  bad_request: {
    status: 400,
    title: 'The request is not valid HTTP',
    help: 'A client library does not send such a request. Look for what rewrites it on its way.',
  },
  unauthorized: {
    status: 401,
    title: 'A valid API key is needed',
    help: 'Send `Authorization: Bearer <key>`. A key that was revoked is answered like one that never was.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing here',
    help: 'The path does not exist, or the id belongs to nothing that this key may see.',
  },
  method_not_allowed: {
    status: 405,
    title: 'This path has other methods',
    help: 'The header `Allow` lists the methods of the path.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    help: 'Send it again over a better connection; nothing was done.',
  },
  job_already_terminal: {
    status: 409,
    title: 'It has ended already',
    help: 'There is nothing to cancel any more. What came of the job, or of the batch, stands.',
  },
  job_not_retryable: {
    status: 409,
    title: 'There is nothing to retry',
    help: 'Only a job that has failed, expired or was canceled can be retried. Submit a new one instead.',
  },
  retry_in_progress: {
    status: 409,
    title: 'The job is being retried already',
    help: '`existing` is the address of the retry that is under way.',
  },
  charge_unknown: {
    status: 409,
    title: 'A retry may cost credits a second time',
    help: 'The failed job was charged, or may have been. Send `{"accept_duplicate_charge": true}` to retry all the same.',
  },
  idempotency_in_flight: {
    status: 409,
    title: 'The first request with this key is still under way',
    help: 'Send the same request again after `Retry-After`.',
  },
  client_reference_used: {
    status: 409,
    title: 'Another job has this client reference',
    help: '`existing` is the address of the job that has it.',
  },
  draft_not_ready: {
    status: 409,
    title: 'There is nothing to export yet',
    help: 'Generate something first, then export its session.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    help: 'Send less: fewer or smaller files, shorter metadata.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'This content type is not understood',
    help: 'Send `application/json`, files as `multipart/form-data`; a file must be video, image, audio or text by its bytes.',
  },
  range_not_satisfiable: {
    status: 416,
    title: 'The file ends before this range',
    help: '`Content-Range` says how many bytes the file has.',
  },
  validation_failed: {
    status: 422,
    title: 'The request has faults',
    help: '`errors` lists every fault: `pointer` is a JSON Pointer into the body, `?name` a parameter of the query, or the name of a header.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'This key was used for another request',
    help: 'Make a new key for every new request; a key is kept for 24 hours.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    help: 'Wait for `Retry-After`, then send the same request again. Many jobs fit into one batch.',
  },
  queue_full: {
    status: 429,
    title: 'Too many jobs are waiting',
    help: 'Wait for `Retry-After`: jobs that start or end make room.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    help: 'All headers and the address together may have 16 KiB.',
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong on our side',
    help: 'Tell the operator the `request_id`. With an `Idempotency-Key` it is safe to send the request again.',
  },
  unavailable: {
    status: 503,
    title: 'Not available right now',
    help: 'Send the same request again after `Retry-After`.',
  },
} as const satisfies Record<string, { status: number; title: string; help: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One fault of a request. `pointer`: a JSON Pointer (RFC 6901) into the body, `?name` of the query, or a header's name. */
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

/** The answer to a request with faults, of which there is at least one; its detail names the first. */
export function validationFailed(faults: readonly Fault[]): Problem {
  const [first, ...more] = faults.map(({ pointer, detail }) => (pointer === '' ? detail : `${pointer}: ${detail}`));
  const rest = more.length > 0 ? ` (and ${more.length} more)` : '';
  return new Problem('validation_failed', `${first}${rest}`, { faults });
}

/** The body of an error (RFC 9457); `type` leads to the page that tells what its code means. */
export function problemBody(code: ProblemCode, detail: string) {
  const { status, title } = PROBLEMS[code];
  return { type: `/docs/errors#${code}`, title, status, detail, code };
}
