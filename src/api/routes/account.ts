import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { forgetRegistered, registerAccount } from '../../lib/commands/register-account.ts';
import { hintOf } from '../../lib/crypto.ts';
import { registerUrl } from '../../lib/domain/register-url.ts';
import type { ApiDeps } from '../deps.ts';
import { Account, PutAccount } from '../schemas/account.ts';
import { noBody } from '../schemas/answer.ts';

const docs = {
  get: {
    operationId: 'getAccount',
    tags: ['Account'],
    summary: 'Show the NemoVideo account',
    description:
      "The tenant's registered token comes first, then the operator's `NEMO_TOKEN`, then an anonymous identity.",
    response: { 200: Account },
  },
  put: {
    operationId: 'putAccount',
    tags: ['Account'],
    summary: 'Use a registered NemoVideo token',
    description:
      'It is kept encrypted and never shown again. Sessions that are open keep the account they were opened with.',
    body: PutAccount,
    response: { 200: Account },
  },
  delete: {
    operationId: 'deleteAccount',
    tags: ['Account'],
    summary: 'Forget the registered token',
    response: { 204: noBody('It is forgotten, or there was none.') },
  },
};

/** The NemoVideo account with which the tenant opens sessions. */
export const accountRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, { db, vault, accounts, webUrl }) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();

  app.get('/account', { schema: docs.get }, async (request) => view(request.tenantId));

  app.put('/account', { schema: docs.put }, async (request) => {
    await registerAccount(db.pool, vault, request.tenantId, request.body.token);
    return view(request.tenantId);
  });

  app.delete('/account', { schema: docs.delete }, async (request, reply) => {
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
      object: 'account' as const,
      kind: account.kind,
      token_hint: put && `…${hintOf(vault.open(put, 'account.token'))}`,
      token_expires_at: account.token_expires_at?.toISOString() ?? null,
      user_id: own ? account.user_id : null,
      register_url: registerUrl(account, webUrl),
    };
  }
};
