import type { FastifyError } from 'fastify';
import plugin from 'fastify-plugin';
import { isUnavailable } from '../../lib/db/unavailable.ts';
import { Problem, type ProblemCode } from '../../lib/errors.ts';
import { sendProblem } from '../send-problem.ts';

/** Fastify's own errors, by its codes; what is not here is a fault of ours. */
const FASTIFY_ERRORS: Readonly<Record<string, ProblemCode>> = {
  FST_ERR_CTP_INVALID_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'invalid_json',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'bad_request',
  FST_ERR_CTP_BODY_TOO_LARGE: 'payload_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
};

/** Whoever finds us closing finds another process, or a new one. In s. */
const CLOSING_AGAIN_S = 1;

/** A database that was restarted is back after so long. In s. */
const DATABASE_AGAIN_S = 5;

/** Every error leaves as RFC 9457 `application/problem+json`; the words of unexpected ones stay in the log. */
export const problems = plugin(
  async (app) => {
    let closing = false;
    app.addHook('preClose', async () => {
      closing = true;
    });
    app.addHook('onRequest', async () => {
      if (closing) throw new Problem('unavailable', 'This process is about to end.', { retryAfterS: CLOSING_AGAIN_S });
    });
    app.setErrorHandler((error: FastifyError, request, reply) => {
      const problem = toProblem(error);
      if (problem.code === 'internal_error' || isUnavailable(error))
        request.log.error({ err: error, request_id: request.id }, 'request failed');
      return sendProblem(request, reply, problem);
    });
  },
  { name: 'problems' },
);

function toProblem(error: FastifyError): Problem {
  if (error instanceof Problem) return error;
  const code = FASTIFY_ERRORS[error.code];
  if (code) return new Problem(code, error.message, { cause: error });
  // A syntax error of secure-json-parse (prototype poisoning) carries only its status.
  if (error.statusCode === 400) return new Problem('invalid_json', error.message, { cause: error });
  if (isUnavailable(error)) {
    return new Problem('unavailable', 'The database does not answer.', { retryAfterS: DATABASE_AGAIN_S, cause: error });
  }
  return new Problem('internal_error', 'The request could not be served. The request id finds it in the logs.', {
    cause: error,
  });
}
