import plugin from 'fastify-plugin';
import { bearerToken } from '../../lib/bearer-token.ts';
import { isSameSecret } from '../../lib/crypto.ts';
import { Problem } from '../../lib/errors.ts';

/** `Authorization: Bearer <ADMIN_TOKEN>` for whoever runs the service. */
export const administration = plugin(
  async (app, { adminToken }: { adminToken: string }) => {
    app.addHook('onRequest', async ({ headers }) => {
      const given = bearerToken(headers.authorization);
      if (given === null || !isSameSecret(given, adminToken))
        throw new Problem('unauthorized', 'Send the ADMIN_TOKEN as `Authorization: Bearer <token>`.');
    });
  },
  { name: 'administration' },
);
