import type { Identity } from '../../lib/nemo/transport.ts';
import type { Work } from '../work.ts';

/** Where a job speaks that has passed the phase `session`, and as whom. */
export async function openedSession(work: Work): Promise<{ accountId: string; upstreamId: string; who: Identity }> {
  const { session } = work;
  const { account_id: accountId, upstream_id: upstreamId } = session;
  if (accountId === null || upstreamId === null) throw new Error(`${session.id} is not open`);
  return { accountId, upstreamId, who: await work.identity(accountId) };
}
