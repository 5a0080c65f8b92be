import type { FastifyReply, FastifyRequest } from 'fastify';
import { isTerminal } from '../lib/domain/job.ts';
import { endsJob } from '../lib/domain/job-events.ts';
import type { ShownJob } from '../lib/domain/job-view.ts';
import { Problem } from '../lib/errors.ts';
import type { ApiDeps } from './deps.ts';
import type { JobWatcher } from './job-watcher.ts';

/** `Prefer: wait=<1–60>` (RFC 7240, 4.3): the seconds; null for anything else, which is ignored. */
export function preferredWaitS(header: string | string[] | undefined): number | null {
  const preferences = [header ?? []].flat().join(',');
  const seconds = Number(/(?:^|,)\s*wait\s*=\s*"?(\d+)"?\s*(?:;|,|$)/i.exec(preferences)?.[1]);
  return seconds >= 1 && seconds <= 60 ? seconds : null;
}

/** `Prefer: wait=n` answers when the job has ended or the time is up, with the job as it is then. */
export async function waitAsPreferred(
  { watcher }: Pick<ApiDeps, 'watcher'>,
  request: FastifyRequest,
  reply: FastifyReply,
  job: ShownJob,
): Promise<ShownJob> {
  const seconds = preferredWaitS(request.headers.prefer);
  if (seconds === null) return job;
  reply.header('preference-applied', 'wait');
  await endOrTimeout(watcher, job, seconds);
  const now = await watcher.read(job.id);
  if (!now) throw new Problem('not_found', 'There is no such job any more.');
  return now;
}

/** Resolves when the job has ended, the time is up or the process stops. */
function endOrTimeout(watcher: JobWatcher, job: ShownJob, seconds: number): Promise<void> {
  if (isTerminal(job.status)) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      clearTimeout(timer);
      unwatch();
      resolve();
    };
    const timer = setTimeout(finish, seconds * 1000);
    const unwatch = watcher.watch({
      jobId: job.id,
      seq: job.seq,
      onEvent: (event) => {
        if (endsJob(event.type)) finish();
      },
      onStop: finish,
    });
  });
}
