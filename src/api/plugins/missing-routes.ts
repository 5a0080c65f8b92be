import type { FastifyReply, FastifyRequest } from 'fastify';
import plugin from 'fastify-plugin';
import { Problem } from '../../lib/errors.ts';
import { sendProblem } from '../send-problem.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** For a part of the API whose own hooks are to see what is not there, too: its `setNotFoundHandler`. */
    answerMissing(request: FastifyRequest, reply: FastifyReply): FastifyReply;
  }
}

/**
 * What is not there: 404, or 405 with `Allow` where the path has other methods. Answered before a body is read, and after
 * the hooks that say in headers who asked. To be registered before the routes, which it takes note of.
 */
export const missingRoutes = plugin(
  async (app) => {
    const methodsByPath = new Map<string, Set<string>>();
    app.addHook('onRoute', ({ url, method }) => {
      // The files of the documentation; no path of the API has a wildcard.
      if (url.includes('*')) return;
      const methods = methodsByPath.get(url) ?? new Set();
      methodsByPath.set(url, methods);
      for (const name of [method].flat()) methods.add(name);
    });
    const missing = (request: FastifyRequest, reply: FastifyReply): Problem => {
      const path = request.url.split('?')[0] ?? '';
      const methods = [...methodsByPath].find(([url]) => isAddressOf(url, path))?.[1];
      if (!methods) return new Problem('not_found', `${request.method} ${path} does not exist.`);
      const allow = [...methods].join(', ');
      reply.header('allow', allow);
      return new Problem('method_not_allowed', `${path} takes ${allow}.`);
    };
    app.addHook('preParsing', async (request, reply) => {
      if (request.is404) throw missing(request, reply);
    });
    const answer = (request: FastifyRequest, reply: FastifyReply) =>
      sendProblem(request, reply, missing(request, reply));
    app.setNotFoundHandler(answer);
    app.decorate('answerMissing', answer);
  },
  { name: 'missing-routes' },
);

/** `/v1/jobs/:id` has any one part in place of `:id`. */
function isAddressOf(url: string, path: string): boolean {
  const parts = path.split('/');
  const named = url.split('/');
  return (
    named.length === parts.length && named.every((name, at) => (name.startsWith(':') ? parts[at] : name === parts[at]))
  );
}
