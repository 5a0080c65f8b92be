import type { Credits } from '../lib/domain/job.ts';
import { registerUrl as accountRegisterUrl } from '../lib/domain/register-url.ts';
import type { Identity } from '../lib/nemo/transport.ts';
import type { Work } from './work.ts';

/** Reads the account's credits and keeps the reading. Throws UpstreamError. */
export async function readBalance(work: Work, accountId: string, who: Identity): Promise<Credits> {
  const credits = await work.deps.nemo.credits(who, work.signal);
  const { id: jobId, tenant_id: tenantId } = work.job;
  work.deps.credits.read({ accountId, tenantId, jobId, credits });
  return credits;
}

/** Where the owner of the job's account can register it (domain/register-url.ts). */
export async function registerUrl(work: Work, accountId: string): Promise<string | null> {
  const account = await work.deps.db.prisma.account.findUnique({ where: { id: accountId } });
  return account && accountRegisterUrl(account, work.deps.config.NEMO_WEB_URL);
}
