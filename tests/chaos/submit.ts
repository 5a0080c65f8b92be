import { setTimeout as pause } from 'node:timers/promises';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import type { Answer, Client } from '../support/client.ts';
import { waitFor } from '../support/wait-for.ts';
import type { Ledger } from './ledger.ts';
import type { Wish } from './stories.ts';
import type { World } from './world.ts';

export type Submission = Ledger['submissions'][number];

/** A client that finds nobody there asks again until the API is back. In ms. */
const KNOCK_TIMEOUT_MS = 100_000;
const KNOCK_EVERY_MS = 100;

/**
 * Submits wishes as a client does whose server may die: with a key, again and again until it is answered. `gapMs`:
 * between two. Resolves when the cancels that belong to them are done as well.
 */
export async function submitAll(world: World, wishes: readonly Wish[], gapMs: number): Promise<Submission[]> {
  const accepted = new Map<string, JobView>();
  const submissions: Submission[] = [];
  const cancels: Promise<unknown>[] = [];
  for (const { tenant } of wishes) await world.tenant(tenant);
  for (const { n, tenant, body, follows, cancelAfterMs } of wishes) {
    const client = await world.tenant(tenant);
    const session = follows === null ? undefined : accepted.get(follows)?.session_id;
    const answer = await insist<JobView>(client, '/v1/jobs', `wish-${n}`, {
      ...body,
      ...(session ? { session_id: session } : {}),
      metadata: { n },
      webhook: { url: world.receiver.url },
    });
    if (answer.status !== 202) throw new Error(`not taken: ${answer.status} ${JSON.stringify(answer.body)}`);
    const job = answer.body;
    accepted.set(n, job);
    submissions.push({ n, jobId: job.id });
    if (cancelAfterMs !== null) {
      const cancel = cancelLater(client, job.id, cancelAfterMs);
      // Looked at when all are submitted; until then a failure is nobody's.
      cancel.catch(() => undefined);
      cancels.push(cancel);
    }
    await pause(gapMs);
  }
  await Promise.all(cancels);
  return submissions;
}

/** Whether it comes in time is left to chance: the ledger has to balance either way. */
async function cancelLater(client: Client, id: string, ms: number): Promise<void> {
  await pause(ms);
  await insist(client, `/v1/jobs/${id}/cancel`, `cancel-${id}`, {});
}

/** Posts until there is an answer that is not the server's own trouble. */
function insist<T>(client: Client, path: string, key: string, body: unknown): Promise<Answer<T>> {
  return waitFor(
    `an answer to POST ${path}`,
    async () => {
      const answer = await client.post<T>(path, body, { 'idempotency-key': key }).catch(whenUnanswered);
      if (answer && answer.status < 500 && !isInFlight(answer)) return answer;
      await pause(KNOCK_EVERY_MS);
      return null;
    },
    KNOCK_TIMEOUT_MS,
  );
}

/** Nobody there, or gone before the answer. */
function whenUnanswered(error: unknown): null {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED' || code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' || code === 'EPIPE') return null;
  throw error;
}

/** An earlier try of the same request is still being answered. */
function isInFlight({ status, body }: Answer): boolean {
  return status === 409 && JSON.stringify(body).includes('idempotency_in_flight');
}
