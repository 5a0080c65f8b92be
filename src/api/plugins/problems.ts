import type { FastifyError } from 'fastify';
import plugin from 'fastify-plugin';
import { AssetStoreError } from '../../lib/assets/store.ts';
import { isDiskFull, isUnreachable } from '../../lib/db/unreachable.ts';
import { PROBLEMS, Problem, type ProblemCode } from '../../lib/errors.ts';
import { sendProblem } from '../send-problem.ts';

/** Fastify's own errors, by its codes; what is not here is a fault of ours. */
const FASTIFY_ERRORS: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
};

/** A database or a store of files that restarts is back within seconds. In s. */
const TRY_AGAIN_S = 5;
/** Whoever finds us closing finds another process, or a new one. In s. */
const CLOSING_AGAIN_S = 1;

/** Every error leaves as RFC 9457 `application/problem+json`; the words of unexpected ones stay in the log. */
export const problems = plugin(
  async (app) => {
    let closing = false;
    app.addHook('preClose', async () => {
      closing = true;
    });
    app.addHook('onRequest', async ({ raw }) => {
      if (closing) throw new Problem('unavailable', 'This process is about to end.', { retryAfterS: CLOSING_AGAIN_S });
      // RFC 9112, 3.2.
      if (raw.headers.host === undefined && raw.httpVersion === '1.1')
        throw new Problem('bad_request', 'A request of HTTP/1.1 names its host.');
    });
    app.setErrorHandler((error: FastifyError, request, reply) => {
      const problem = toProblem(error);
      // What we found out for ourselves needs no words in the log; what came from below does.
      if (PROBLEMS[problem.code].status >= 500 && problem.cause !== undefined)
        request.log.error({ err: error, request_id: request.id }, 'request failed');
      return sendProblem(request, reply, problem);
    });
  },
  { name: 'problems' },
);

function toProblem(error: FastifyError): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof AssetStoreError) {
    const detail = 'The store of the files cannot be used right now. Ask again; nothing of this request was kept.';
    return new Problem('unavailable', detail, { retryAfterS: TRY_AGAIN_S, cause: error });
  }
  if (isUnreachable(error)) {
    const detail = 'The database cannot be reached. Ask again; with an Idempotency-Key a request has its effect once.';
    return new Problem('unavailable', detail, { retryAfterS: TRY_AGAIN_S, cause: error });
  }
  if (isDiskFull(error)) {
    const detail = 'The database has no room on its disk. Ask again; nothing of this request was kept.';
    return new Problem('unavailable', detail, { retryAfterS: TRY_AGAIN_S, cause: error });
  }
  const code = FASTIFY_ERRORS[error.code];
  if (code) return new Problem(code, error.message, { cause: error });
  if (isFileRefusal(error)) {
    return error.statusCode === 416
      ? new Problem('range_not_satisfiable', 'The file ends before this range.', { cause: error })
      : new Problem('not_found', 'There is no such file, or not under these conditions.', { cause: error });
  }
  // A syntax error of secure-json-parse (prototype poisoning) carries only its status.
  if (error.statusCode === 400) return new Problem('invalid_json', error.message, { cause: error });
  return new Problem('internal_error', 'The request could not be served. The request id finds it in the logs.', {
    cause: error,
  });
}

/** A file of the documentation that is not to be had so (@fastify/static): its errors, alone, have the status twice. */
function isFileRefusal({ statusCode = 0, status }: FastifyError & { status?: number }): boolean {
  return statusCode === status && statusCode >= 400 && statusCode < 500;
}
