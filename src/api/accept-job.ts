import type { FastifyReply, FastifyRequest } from 'fastify';
import type { NewJob } from '../lib/db/insert-jobs.ts';
import { isTerminal } from '../lib/domain/job.ts';
import type { ShownJob } from '../lib/domain/job-view.ts';
import { faultPoint } from '../lib/fault-point.ts';
import type { ApiDeps } from './deps.ts';
import { findJob } from './find-job.ts';
import { preferredWaitS, waitAsPreferred } from './wait-for-job.ts';

type Deps = Pick<ApiDeps, 'db' | 'once' | 'submit' | 'wake' | 'watcher'>;

/**
 * Accepts a job once a key, waits for it as preferred and sets status and headers of the answer. Throws Problems.
 * @returns the job as it is then.
 */
export async function acceptJob(
  deps: Deps,
  request: FastifyRequest,
  reply: FastifyReply,
  prepare: () => Promise<NewJob>,
): Promise<ShownJob> {
  faultPoint('submit.received');
  const accepted = await deps.once(request, reply, {
    create: async (key) => deps.submit(await prepare(), key),
    again: ([id]) => findJob(deps.db, request.tenantId, id),
  });
  faultPoint('submit.committed');
  deps.wake();
  reply.header('location', `/v1/jobs/${accepted.id}`);
  const job = await waitAsPreferred(deps, request, reply, accepted);
  // Without the wait, a replay after the job's end would have another status than the first answer.
  const waited = preferredWaitS(request.headers.prefer) !== null;
  reply.code(waited && isTerminal(job.status) ? 200 : 202);
  return job;
}
