import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { PROBLEMS, Problem, type ProblemCode, problemBody } from '../lib/errors.ts';
import { newId } from '../lib/ids.ts';
import { addressOf, type RateLimit } from './rate-limit.ts';
import { sendProblem } from './send-problem.ts';

/** Node's errors of what is no request yet; all others are bytes that are not HTTP. */
const CLIENT_ERRORS: Readonly<Record<string, ProblemCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
};
const DETAILS: Partial<Record<ProblemCode, string>> = {
  request_timeout: 'The request did not arrive whole in time.',
  headers_too_large: 'The headers and the address have too many bytes.',
};

/** Answers what Node could not read as a request, and closes the connection. */
export function answerBrokenRequest(rateLimit: RateLimit) {
  return (error: Error & { code?: string }, socket: Socket): void => {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    if (!socket.writable) return void socket.destroy();
    const code = CLIENT_ERRORS[error.code ?? ''] ?? 'bad_request';
    const { status } = PROBLEMS[code];
    const requestId = newId('req');
    const body = JSON.stringify({
      ...problemBody(code, DETAILS[code] ?? 'These bytes are not an HTTP request.'),
      // Of the address, nothing was read.
      instance: '',
      request_id: requestId,
    });
    const head = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/problem+json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      'Connection: close',
    ];
    const header = (name: string, value: string) => head.push(`${name}: ${value}`);
    rateLimit.spend({ header }, addressOf({ ip: socket.remoteAddress ?? '' }), 0);
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy());
  };
}

/** An address that cannot be decoded, or has a part that is longer than any id: there is nothing. */
export function answerBadAddress(rateLimit: RateLimit) {
  return (_error: Error, request: FastifyRequest, reply: FastifyReply): void => {
    reply.header('x-request-id', request.id);
    rateLimit.spend(reply, addressOf(request), 0);
    void sendProblem(request, reply, new Problem('not_found', 'This is not the address of anything.'));
  };
}
