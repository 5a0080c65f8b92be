import type { Ask } from '../lib/db/claims.ts';
import type { WaitingRender } from '../lib/db/render-looks.ts';
import type { Progress } from '../lib/domain/job.ts';
import { faultPoint } from '../lib/fault-point.ts';
import type { RenderAnswer } from '../lib/nemo/answers.ts';
import type { PhaseDeps } from './deps.ts';
import { logStep } from './log-step.ts';
import type { Step } from './work.ts';

/** What the upstream said of a render. */
export type Seen = { renderId: string; answer: RenderAnswer };

export type Look =
  /** It goes on waiting: written, and due in so many ms. `moved`: its progress has. */
  | { kind: 'waits'; ms: number; moved: boolean }
  /** More is to be done than to wait, and only who holds the job may do it. `seen`: what was heard of its render, if it was. */
  | { kind: 'claim'; seen: Seen | null };

/**
 * Looks at the render of a job that only waits for it, without taking the job: most looks find nothing new, and two
 * statements are enough for them. Whoever comes between (a cancel, another worker) wins: then nothing is written here.
 * @param signal breaks the call off.
 */
export async function lookAtRender(deps: PhaseDeps, ask: Ask, signal: AbortSignal): Promise<Look> {
  const started = performance.now();
  const job = await deps.shared.waitingRender(ask);
  if (job === null) return { kind: 'claim', seen: null };
  // What went wrong goes wrong again for who holds the job, and is decided upon there.
  const answer = await lookUp(deps, job, signal).catch(() => null);
  if (answer === null) return { kind: 'claim', seen: null };
  const seen: Seen = { renderId: job.render_id, answer };
  if (answer.status === 'completed' || answer.status === 'failed') return { kind: 'claim', seen };
  const progress: Progress = {
    ...job.progress,
    percent: answer.percent ?? job.progress.percent,
    message: 'Rendering',
  };
  const ms = await deps.shared.parkAgain({ job, progress, dueInMs: deps.config.RENDER_POLL_INTERVAL });
  if (ms === null) return { kind: 'claim', seen };
  faultPoint('park.repeated');
  const step: Step = { kind: 'wait', phase: 'render', reason: 'render', ms };
  logStep(deps.log, job, 'render', step, performance.now() - started);
  const moved = progress.percent !== job.progress.percent || progress.message !== job.progress.message;
  return { kind: 'waits', ms, moved };
}

/** Throws whatever stands in the way of the call. */
async function lookUp(deps: PhaseDeps, job: WaitingRender, signal: AbortSignal): Promise<RenderAnswer> {
  const skill = deps.skills.get(job.skill);
  if (!skill) throw new Error(`skill ${job.skill} is not served any more`);
  const { token } = await deps.accounts.token(job.account, skill);
  return deps.nemo.render({ token, skill }, job.render_id, signal);
}
