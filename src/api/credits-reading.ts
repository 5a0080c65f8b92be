import { now } from '../lib/clock.ts';
import { creditsReading, recordCredits } from '../lib/db/credits.ts';
import type { Credits } from '../lib/domain/job.ts';
import { registerUrl } from '../lib/domain/register-url.ts';
import { DEFAULT_SKILL } from '../lib/skills.ts';
import type { ApiDeps } from './deps.ts';
import { liveRead, unreadable } from './live-read.ts';

/**
 * The credits of the account with which the tenant opens sessions, as clients see them: live, else as they were last
 * read. A live reading is kept, and tells of low credits as a worker's does. Throws unavailable when there is neither.
 */
export async function readCreditsView(deps: ApiDeps, tenantId: string) {
  const { db, accounts, nemo, webUrl } = deps;
  const accountId = await accounts.resolve(tenantId);
  const live = await liveRead(deps, { accountId, skill: DEFAULT_SKILL }, nemo.credits);
  if (live) {
    const reading = creditsReading({ accountId, tenantId, jobId: null, credits: live });
    await recordCredits(db.pool, [reading], deps.creditsLow);
  }
  const reading = live ? { credits: live, at: now(), stale: false } : await latestReading(deps, accountId);
  // Only now: the reading may have brought the account its token and its user.
  const account = await db.prisma.account.findUniqueOrThrow({ where: { id: accountId } });
  return {
    object: 'credits' as const,
    ...reading.credits,
    as_of: reading.at.toISOString(),
    stale: reading.stale,
    account: { kind: account.kind, token_expires_at: account.token_expires_at?.toISOString() ?? null },
    register_url: registerUrl(account, webUrl),
  };
}

async function latestReading({ db }: ApiDeps, accountId: string) {
  const row = await db.prisma.credit_snapshot.findFirst({ where: { account_id: accountId }, orderBy: { at: 'desc' } });
  if (!row) throw unreadable('credits');
  return { credits: creditsOf(row), at: row.at, stale: true };
}

/** The credits of a stored reading. */
export function creditsOf({ available, frozen }: { available: number; frozen: number }): Credits {
  return { available, frozen, total: available + frozen };
}
