import type { Ask } from '../lib/db/claims.ts';
import type { WaitingRender } from '../lib/db/render-looks.ts';
import type { Progress } from '../lib/domain/job.ts';
import { upstreamPolicy } from '../lib/domain/upstream-errors.ts';
import { faultPoint } from '../lib/fault-point.ts';
import type { RenderAnswer } from '../lib/nemo/answers.ts';
import type { Identity } from '../lib/nemo/transport.ts';
import { UpstreamError } from '../lib/nemo/upstream-error.ts';
import type { PhaseDeps } from './deps.ts';
import { logStep } from './log-step.ts';
import type { Step } from './work.ts';

/** What the upstream said of a render, or how the call failed. */
export type Seen = { renderId: string; answer: RenderAnswer | UpstreamError };

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
  // What goes wrong before the call goes wrong again for who holds the job, and is decided upon there.
  const who = await identity(deps, job).catch(() => null);
  const answer = who && (await deps.nemo.render(who, job.render_id, signal).catch(failedCall));
  if (answer === null) return { kind: 'claim', seen: null };
  const seen: Seen = { renderId: job.render_id, answer };
  if (answer instanceof UpstreamError || answer.status === 'completed' || answer.status === 'failed')
    return { kind: 'claim', seen };
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

/** Throws where there is no token, or the skill is not served any more. */
async function identity(deps: PhaseDeps, job: WaitingRender): Promise<Identity> {
  const skill = deps.skills.get(job.skill);
  if (!skill) throw new Error(`skill ${job.skill} is not served any more`);
  const { token } = await deps.accounts.token(job.account, skill);
  return { token, skill };
}

/**
 * What is decided upon without a second call: least of all after a 429. Null where who holds the job has to call as well:
 * it was broken off, or the token was refused, and may have been renewed by then.
 */
function failedCall(error: unknown): UpstreamError | null {
  if (!(error instanceof UpstreamError)) return null;
  const isTokenRefused = error.answer !== null && upstreamPolicy(error.answer).remedy === 'renew_token';
  return isTokenRefused ? null : error;
}
