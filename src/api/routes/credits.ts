import type { FastifyPluginAsync } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { now } from '../../lib/clock.ts';
import { storeCredits } from '../../lib/db/credits.ts';
import { registerUrl } from '../../lib/domain/account.ts';
import type { Credits } from '../../lib/domain/job.ts';
import { Problem } from '../../lib/errors.ts';
import { DEFAULT_SKILL } from '../../lib/skills.ts';
import type { ApiDeps } from '../deps.ts';
import { liveRead } from '../live-read.ts';
import { listQuery, listView, pageOf } from '../schemas/list.ts';

/** An upstream that does not answer is often back soon. In s. */
const TRY_AGAIN_S = 30;

/** The credits of the account with which the tenant opens sessions. */
export const creditRoutes: FastifyPluginAsync<ApiDeps> = async (fastify, deps) => {
  const app = fastify.withTypeProvider<ZodTypeProvider>();
  const { db, accounts, nemo, webUrl } = deps;

  app.get('/credits', async (request) => {
    const { tenantId } = request;
    const accountId = await accounts.resolve(tenantId);
    const live = await liveRead(deps, { accountId, skill: DEFAULT_SKILL }, nemo.credits);
    if (live) await storeCredits(db.pool, { accountId, tenantId, jobId: null }, live);
    const reading = live ? { credits: live, at: now(), stale: false } : await latest(accountId);
    // Only now: the reading may have brought the account its token and its user.
    const account = await db.prisma.account.findUniqueOrThrow({ where: { id: accountId } });
    return {
      object: 'credits',
      ...reading.credits,
      as_of: reading.at.toISOString(),
      stale: reading.stale,
      account: { kind: account.kind, token_expires_at: account.token_expires_at?.toISOString() ?? null },
      register_url: registerUrl(account, webUrl),
    };
  });

  app.get('/credits/snapshots', { schema: { querystring: listQuery('snap') } }, async (request) => {
    const account_id = await accounts.resolve(request.tenantId);
    const page = pageOf(request.query);
    const where = { ...page.where, account_id, tenant_id: request.tenantId };
    const rows = await db.prisma.credit_snapshot.findMany({ ...page, where });
    return listView(rows, request.query, (row) => ({
      id: row.id,
      object: 'credit_snapshot',
      ...creditsOf(row),
      as_of: row.at.toISOString(),
      job_id: row.job_id,
    }));
  });

  async function latest(accountId: string) {
    const row = await db.prisma.credit_snapshot.findFirst({
      where: { account_id: accountId },
      orderBy: { at: 'desc' },
    });
    if (!row) throw new Problem('unavailable', 'The credits cannot be read right now.', { retryAfterS: TRY_AGAIN_S });
    return { credits: creditsOf(row), at: row.at, stale: true };
  }
};

function creditsOf({ available, frozen }: { available: number; frozen: number }): Credits {
  return { available, frozen, total: available + frozen };
}
