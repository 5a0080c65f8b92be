import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { creditsOf, readCreditsView } from '../credits-reading.ts';
import type { ApiDeps } from '../deps.ts';
import { CreditSnapshotList, Credits } from '../schemas/account.ts';
import { listQuery, listView, pageOf } from '../schemas/list.ts';

const docs = {
  get: {
    operationId: 'getCredits',
    tags: ['Account'],
    summary: 'Show the credits',
    description: 'Read live, in at most 5 s; else as they were last read, with `stale: true`.',
    response: { 200: Credits },
  },
  snapshots: {
    operationId: 'listCreditSnapshots',
    tags: ['Account'],
    summary: 'List earlier readings of the credits',
    querystring: listQuery('snap'),
    response: { 200: CreditSnapshotList },
  },
};

/** The credits of the account with which the tenant opens sessions. */
export const creditRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, deps) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  const { db, accounts } = deps;

  app.get('/credits', { schema: docs.get }, async (request) => readCreditsView(deps, request.tenantId));

  app.get('/credits/snapshots', { schema: docs.snapshots }, async (request) => {
    const account_id = await accounts.resolve(request.tenantId);
    const page = pageOf(request.query);
    const where = { ...page.where, account_id, tenant_id: request.tenantId };
    const rows = await db.prisma.credit_snapshot.findMany({ ...page, where });
    return listView(rows, request.query, (row) => ({
      id: row.id,
      object: 'credit_snapshot' as const,
      ...creditsOf(row),
      as_of: row.at.toISOString(),
      job_id: row.job_id,
    }));
  });
};
