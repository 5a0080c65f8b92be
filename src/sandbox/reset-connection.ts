import type { FastifyReply, FastifyRequest } from 'fastify';

/** Answers with a reset of the connection. */
export function resetConnection(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.resetAndDestroy();
  return reply;
}
