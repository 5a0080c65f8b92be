import type { Identity } from '../../lib/nemo/transport.ts';
import type { SessionRow, Work } from '../work.ts';

/** The session of a job that has passed the phase `session`, and who speaks in it. */
export async function openedSession(
  work: Work,
): Promise<{ session: SessionRow; accountId: string; upstreamId: string; who: Identity }> {
  const session = await work.session();
  const { account_id: accountId, upstream_id: upstreamId } = session;
  if (accountId === null || upstreamId === null) throw new Error(`${session.id} is not open`);
  return { session, accountId, upstreamId, who: await work.identity(accountId) };
}
