import type { FastifyReply, FastifyRequest } from 'fastify';
import { isId } from '../lib/ids.ts';

/** The job that a request names, or has made; for logs and traces. */
export function jobOfRequest(request: FastifyRequest, reply: FastifyReply): string | undefined {
  const { id } = (request.params ?? {}) as { id?: string };
  const made = String(reply.getHeader('location') ?? '').replace('/v1/jobs/', '');
  return [id, made].find((text) => text !== undefined && isId(text, 'job'));
}
