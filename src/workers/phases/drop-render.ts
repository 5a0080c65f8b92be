import { latestRender, moveRender } from '../../lib/db/renders.ts';
import { upstreamPolicy } from '../../lib/domain/upstream-errors.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import { UpstreamError } from '../../lib/nemo/upstream-error.ts';
import { JobLost, type Work } from '../work.ts';
import { openedSession } from './opened-session.ts';

/** Stops the job's render upstream, where one may be running: nobody will ask for it any more (money rule 4). */
export async function dropRender(work: Work): Promise<void> {
  const render = await latestRender(work.deps.db.pool, work.job.id);
  if (render?.state !== 'submitting' && render?.state !== 'submitted') return;
  const { who } = await openedSession(work);
  faultPoint('render.dropping');
  try {
    await work.deps.nemo.cancelRender(who, render.id, work.signal);
  } catch (error) {
    if (!isOver(error)) throw error;
  }
  faultPoint('render.dropped');
  if (!(await moveRender(work.deps.db.pool, work.job, render.id, 'canceled')))
    throw new JobLost(`${work.job.id} lost its render`);
}

/** Refused for good: the render has ended, or never got there. */
function isOver(error: unknown): boolean {
  if (!(error instanceof UpstreamError) || error.answer === null) return false;
  const { remedy } = upstreamPolicy(error.answer);
  return remedy === 'none' || remedy === 'renew_session';
}
