import type { FastifyReply, FastifyRequest } from 'fastify';
import { isId } from '../lib/ids.ts';

/** Where jobs are; what is made there is a job. */
const JOBS = '/v1/jobs/';

/** The job that a request names, or has made; for logs and traces. */
export function jobOfRequest(request: FastifyRequest, reply: FastifyReply): string | undefined {
  const { id } = (request.params ?? {}) as { id?: string };
  if (id !== undefined && isId(id, 'job')) return id;
  const made = String(reply.getHeader('location') ?? '');
  return made.startsWith(JOBS) ? made.slice(JOBS.length) : undefined;
}
