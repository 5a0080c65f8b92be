import plugin from 'fastify-plugin';
import type { z } from 'zod';
import { Problem } from '../../lib/errors.ts';

/**
 * JSON bodies. Many clients send `Content-Type: application/json` whether they have a body or not: where a body may be
 * left out (a cancel, a retry), an empty one is none; elsewhere it is invalid_json.
 */
export const jsonBody = plugin(
  async (app) => {
    const parse = app.getDefaultJsonParser('error', 'error');
    // Fastify would read text as well, which no route takes.
    app.removeContentTypeParser(['application/json', 'text/plain']);
    app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
      if (body !== '') return parse(request, body as string, done);
      const schema = request.routeOptions.schema?.body as z.ZodType | undefined;
      const isNeeded = schema !== undefined && !schema.safeParse(undefined).success;
      done(isNeeded ? new Problem('invalid_json', 'The body is empty.') : null, undefined);
    });
  },
  { name: 'json-body' },
);
