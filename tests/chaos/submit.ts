import { setTimeout as pause } from 'node:timers/promises';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Ledger } from './ledger.ts';
import type { Wish } from './stories.ts';
import type { World } from './world.ts';

export type Submission = Ledger['submissions'][number];

/** A client that finds nobody there asks again until the API is back. In ms. */
const KNOCK_TIMEOUT_MS = 30_000;

/**
 * Submits wishes as a client does whose server may die: what was not taken for certain is sent again, what may have
 * been taken is not. `gapMs`: between two.
 */
export async function submitAll(world: World, wishes: readonly Wish[], gapMs: number): Promise<Submission[]> {
  const accepted = new Map<string, JobView>();
  const submissions: Submission[] = [];
  for (const { n, tenant, body, follows } of wishes) {
    const client = await world.tenant(tenant);
    const session = follows === null ? undefined : accepted.get(follows)?.session_id;
    const job = await waitFor(
      'an API that listens',
      () =>
        client
          .submit({
            ...body,
            ...(session ? { session_id: session } : {}),
            metadata: { n },
            webhook: { url: world.receiver.url },
          })
          .catch(whenUnanswered),
      KNOCK_TIMEOUT_MS,
    );
    if (job === 'in_doubt') submissions.push({ n, outcome: job, jobId: null });
    else {
      accepted.set(n, job);
      submissions.push({ n, outcome: 'accepted', jobId: job.id });
    }
    await pause(gapMs);
  }
  return submissions;
}

/** A refused connection has carried nothing; one that broke may have. */
function whenUnanswered(error: unknown): null | 'in_doubt' {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return null;
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' || code === 'EPIPE') return 'in_doubt';
  throw error;
}
