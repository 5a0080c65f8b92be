import { setTimeout as pause } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { resetConnection } from './reset-connection.ts';
import { logRefusedMessage } from './routes/run-sse.ts';
import type { World } from './world.ts';

/** Makes a request fail that the control endpoint has set a fault for; a fault that only delays lets it go on. */
export async function injectFault(world: World, request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const fault = world.faults.take(`${request.method} ${request.url.split('?')[0]}`);
  if (!fault) return;
  if (fault.delay_ms !== undefined) await pause(fault.delay_ms, undefined, { ref: false });
  const { status, code, body, reset, retry_after } = fault;
  if (retry_after !== undefined) reply.header('retry-after', retry_after);
  if (!reset && status === undefined && code === undefined && body === undefined) return;

  if (request.routeOptions.url === '/run_sse') {
    logRefusedMessage(world, request.body, reset ? null : { status: status ?? 200, code: code ?? null });
  }
  if (reset) return resetConnection(request, reply);
  const text = body ?? JSON.stringify({ ...(code === undefined ? {} : { code }), message: 'injected fault' });
  return reply
    .code(status ?? 200)
    .type(typeOf(text))
    .send(text);
}

function typeOf(text: string): string {
  if (/^\s*[{[]/.test(text)) return 'application/json; charset=utf-8';
  return /^\s*</.test(text) ? 'text/html; charset=utf-8' : 'text/plain; charset=utf-8';
}
