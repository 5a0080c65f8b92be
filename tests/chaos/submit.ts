import { setTimeout as pause } from 'node:timers/promises';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import type { Client } from '../support/client.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Ledger } from './ledger.ts';
import type { Wish } from './stories.ts';
import type { World } from './world.ts';

export type Submission = Ledger['submissions'][number];

/** A client that finds nobody there asks again until the API is back. In ms. */
const KNOCK_TIMEOUT_MS = 30_000;

/**
 * Submits wishes as a client does whose server may die: what was not taken for certain is sent again, what may have
 * been taken is not. `gapMs`: between two. Resolves when the cancels that belong to them are done as well.
 */
export async function submitAll(world: World, wishes: readonly Wish[], gapMs: number): Promise<Submission[]> {
  const accepted = new Map<string, JobView>();
  const submissions: Submission[] = [];
  const cancels: Promise<void>[] = [];
  for (const { tenant } of wishes) await world.tenant(tenant);
  for (const { n, tenant, body, follows, cancelAfterMs } of wishes) {
    const client = await world.tenant(tenant);
    const session = follows === null ? undefined : accepted.get(follows)?.session_id;
    const job = await submit(client, {
      ...body,
      ...(session ? { session_id: session } : {}),
      metadata: { n },
      webhook: { url: world.receiver.url },
    });
    if (job) accepted.set(n, job);
    if (job && cancelAfterMs !== null) cancels.push(cancelLater(client, job.id, cancelAfterMs));
    if (!job)
      await waitFor(
        'a ready API',
        async () => (await client.get('/health/ready').catch(() => null))?.status === 200,
        KNOCK_TIMEOUT_MS,
      );
    submissions.push({ n, outcome: job ? 'accepted' : 'in_doubt', jobId: job?.id ?? null });
    await pause(gapMs);
  }
  await Promise.all(cancels);
  return submissions;
}

/** @returns null when nobody knows whether the job was taken. */
async function submit(client: Client, body: Record<string, unknown>): Promise<JobView | null> {
  const answer = await waitFor(
    'an API that listens',
    () => client.post<JobView>('/v1/jobs', body).catch(whenUnanswered),
    KNOCK_TIMEOUT_MS,
  );
  if (answer === 'in_doubt' || answer.status >= 500) return null;
  if (answer.status !== 202) throw new Error(`not taken: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** Whether it comes in time, or at all, is left to chance: the ledger has to balance either way. */
async function cancelLater(client: Client, id: string, ms: number): Promise<void> {
  await pause(ms);
  await client.post(`/v1/jobs/${id}/cancel`, {}).catch(whenUnanswered);
}

/** A refused connection has carried nothing; one that broke may have. */
function whenUnanswered(error: unknown): null | 'in_doubt' {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return null;
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' || code === 'EPIPE') return 'in_doubt';
  throw error;
}
