import { noteLowCredits, storeCredits } from '../lib/db/credits.ts';
import type { Credits } from '../lib/domain/job.ts';
import type { Identity } from '../lib/nemo/transport.ts';
import type { Work } from './work.ts';

/** Reads the account's credits and keeps the reading. Throws UpstreamError. */
export async function readBalance(work: Work, accountId: string, who: Identity): Promise<Credits> {
  const credits = await work.deps.nemo.credits(who, work.signal);
  const { config, db } = work.deps;
  await storeCredits(db.pool, accountId, work.job.id, credits);
  await noteLowCredits(db.pool, { id: accountId, tenantId: work.job.tenant_id }, credits, config.CREDITS_LOW);
  return credits;
}

/** Where the owner of an anonymous account can register it; null for a registered one, or while its user is unknown. */
export async function registerUrl(work: Work, accountId: string): Promise<string | null> {
  const account = await work.deps.db.prisma.account.findUnique({ where: { id: accountId } });
  if (account?.kind !== 'anonymous' || account.user_id === null) return null;
  return `${work.deps.config.NEMO_WEB_URL}/register?bind=${encodeURIComponent(account.user_id)}`;
}
