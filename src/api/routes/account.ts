import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { forgetRegistered, registerAccount } from '../../lib/commands/register-account.ts';
import { registerUrl } from '../../lib/domain/account.ts';
import type { ApiDeps } from '../deps.ts';
import { PutAccount } from '../schemas/account.ts';

/** How much of a token is shown, so that people can tell tokens apart. */
const HINT_LENGTH = 4;

/** The NemoVideo account with which the tenant opens sessions. */
export const accountRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db, vault, accounts, webUrl }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.get('/account', async (request) => view(request.tenantId));

  app.put('/account', { schema: { body: PutAccount } }, async (request) => {
    await registerAccount(db.pool, vault, request.tenantId, request.body.token);
    return view(request.tenantId);
  });

  app.delete('/account', async (request, reply) => {
    await forgetRegistered(db.pool, request.tenantId);
    return reply.code(204).send();
  });

  async function view(tenantId: string) {
    const id = await accounts.resolve(tenantId);
    const account = await db.prisma.account.findUniqueOrThrow({ where: { id } });
    // Token and user of NEMO_TOKEN are the operator's, not the tenant's.
    const own = account.tenant_id === tenantId;
    const put = own && account.kind === 'registered' ? account.token : null;
    return {
      object: 'account',
      kind: account.kind,
      token_hint: put && `…${vault.open(put, 'account.token').slice(-HINT_LENGTH)}`,
      token_expires_at: account.token_expires_at?.toISOString() ?? null,
      user_id: own ? account.user_id : null,
      register_url: registerUrl(account, webUrl),
    };
  }
};
