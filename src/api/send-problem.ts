import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEMS, type Problem, problemBody } from '../lib/errors.ts';
import type { ProblemDocument } from './schemas/problem.ts';

/** Answers with a problem document. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.retryAfterS !== null) reply.header('retry-after', problem.retryAfterS);
  if (problem.code === 'unauthorized' && !reply.hasHeader('www-authenticate'))
    reply.header('www-authenticate', 'Bearer');
  const body: ProblemDocument = {
    ...problemBody(problem.code, problem.message),
    instance: request.url.split('?')[0] ?? '',
    request_id: request.id,
    ...(problem.existing === null ? {} : { existing: problem.existing }),
    ...(problem.faults.length > 0 ? { errors: [...problem.faults] } : {}),
  };
  return reply
    .code(PROBLEMS[problem.code].status)
    .type('application/problem+json')
    .serializer(JSON.stringify)
    .send(body);
}
