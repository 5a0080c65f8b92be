import type { FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { bearerToken } from '../../lib/bearer-token.ts';
import { isSameSecret } from '../../lib/crypto.ts';
import { Problem } from '../../lib/errors.ts';
import { addressOf, type RateLimit } from '../rate-limit.ts';

/** `Authorization: Bearer <ADMIN_TOKEN>` for whoever runs the service. */
export const administration = plugin(
  async (app, { adminToken, rateLimit }: { adminToken: string; rateLimit: RateLimit }) => {
    app.addHook('onRequest', async (request, reply) => {
      const given = bearerToken(request.headers.authorization);
      if (given === null || !isSameSecret(given, adminToken))
        throw refusal(rateLimit, request, reply, 'Send the ADMIN_TOKEN as `Authorization: Bearer <token>`.');
    });
  },
  { name: 'administration' },
);

/** What a stranger is answered; whoever guesses has not many guesses. */
export function refusal(rateLimit: RateLimit, request: FastifyRequest, reply: FastifyReply, detail: string): Problem {
  try {
    rateLimit.spend(reply, addressOf(request), 1);
    return new Problem('unauthorized', detail);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}
