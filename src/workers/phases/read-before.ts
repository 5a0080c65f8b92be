import type { Credits } from '../../lib/domain/job.ts';
import type { Identity } from '../../lib/nemo/transport.ts';
import { readBalance } from '../balance.ts';
import type { Work } from '../work.ts';

/** How session and account are before a message, to be compared with after it. */
export type Before = { state: unknown; credits: Credits };

/**
 * To be read as late as can be: what others spend between it and the message is taken for the message's cost.
 * Throws UpstreamError.
 */
export async function readBefore(
  work: Work,
  at: { accountId: string; upstreamId: string; who: Identity },
): Promise<Before> {
  const [state, credits] = await Promise.all([
    work.deps.nemo.state(at.who, at.upstreamId, work.signal),
    readBalance(work, at.accountId, at.who),
  ]);
  return { state, credits };
}
