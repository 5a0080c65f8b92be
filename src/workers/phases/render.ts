import { moveRender, planRender, type RenderRow, type RenderState, TAKEN_OVER } from '../../lib/db/renders.ts';
import { jobError } from '../../lib/domain/failures.ts';
import type { ExportInput, ExportOptions, GenerateInput } from '../../lib/domain/job.ts';
import { readSessionState } from '../../lib/domain/session-state.ts';
import { isExportable } from '../../lib/domain/timeline/timeline.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import type { RenderAnswer } from '../../lib/nemo/answers.ts';
import type { Identity } from '../../lib/nemo/transport.ts';
import { UpstreamError } from '../../lib/nemo/upstream-error.ts';
import { JobLost, type Step, type Work } from '../work.ts';
import { dropRender } from './drop-render.ts';
import { openedSession } from './opened-session.ts';

/** nemovideo-api.md: a failed render, or a duplicate id, gets a new id, once. */
const MAX_RENDERS = 2;

/** Submits the render under an id that was written before, then looks in on it now and then (money rule 4). */
export async function render(work: Work): Promise<Step> {
  const { who, upstreamId } = await openedSession(work);
  const known = await work.deps.shared.latestRender(work.job.id);
  if (known === null) return planFirst(work, who, upstreamId);
  switch (known.state) {
    case 'planned':
      return submit(work, known, who, upstreamId);
    case 'submitting': {
      // It may have arrived. Only an id that the upstream does not know is submitted, and then the same one.
      const answer = await lookUp(work, known, who);
      if (answer === null) return submit(work, known, who, upstreamId);
      await move(work, known, 'submitted');
      return follow(work, known, answer, 0);
    }
    case 'submitted': {
      const answer = await lookUp(work, known, who);
      return follow(work, known, answer, known.submitted_ms_ago);
    }
    case 'failed':
    case 'canceled':
      return planAgain(work, known);
    case 'completed':
      return { kind: 'go', phase: 'verify' };
  }
}

async function planFirst(work: Work, who: Identity, upstreamId: string): Promise<Step> {
  await work.enter('render');
  const state = await work.deps.nemo.state(who, upstreamId, work.signal);
  await work.writeSession({ state });
  const current = readSessionState(state);
  if (!isExportable(current)) return { kind: 'fail', error: jobError('draft_not_ready') };
  return plan(work, 1, current.rawDraft, outputOptions(work));
}

/** A new id for the stored draft, once. */
async function planAgain(work: Work, failed: RenderRow): Promise<Step> {
  if (failed.number >= MAX_RENDERS) return { kind: 'fail', error: jobError('render_failed') };
  return plan(work, failed.number + 1, failed.draft, failed.output);
}

async function plan(work: Work, number: number, draft: unknown, output: ExportOptions): Promise<Step> {
  const planned = await planRender(work.deps.db.pool, work.job, { number, draft, output });
  if (!planned) throw new JobLost(`${work.job.id} lost its render`);
  faultPoint('render.planned');
  return { kind: 'go', phase: 'render' };
}

async function submit(work: Work, row: RenderRow, who: Identity, upstreamId: string): Promise<Step> {
  await work.enter('render');
  const again = row.state === 'submitting';
  await move(work, row, 'submitting');
  faultPoint('render.submitting');
  const request = { id: row.id, sessionId: upstreamId, draft: row.draft, output: row.output };
  try {
    await work.deps.nemo.submitRender(who, request, work.signal);
  } catch (error) {
    if (!isDuplicate(error)) throw error;
    // On a second submit it means that the first one arrived; on a first one, that somebody else has this id.
    if (!again) {
      await move(work, row, 'failed');
      return { kind: 'go', phase: 'render' };
    }
  }
  faultPoint('render.answered');
  await move(work, row, 'submitted');
  faultPoint('render.submitted');
  return pollLater(work);
}

async function follow(work: Work, row: RenderRow, answer: RenderAnswer | null, submittedMsAgo: number): Promise<Step> {
  if (answer?.status === 'completed') {
    await move(work, row, 'completed', answer.url);
    faultPoint('render.completed');
    return { kind: 'go', phase: 'verify' };
  }
  if (answer?.status === 'failed') {
    await move(work, row, 'failed');
    return { kind: 'go', phase: 'render' };
  }
  if (submittedMsAgo > work.deps.config.RENDER_TIMEOUT) return giveUp(work, row);
  work.progress = { ...work.progress, percent: answer?.percent ?? work.progress.percent, message: 'Rendering' };
  return pollLater(work);
}

/** One that the job took over from the try before had its time already: it makes room for a new one. */
async function giveUp(work: Work, row: RenderRow): Promise<Step> {
  if (row.number > TAKEN_OVER) return { kind: 'fail', error: jobError('render_timeout') };
  await dropRender(work);
  return { kind: 'go', phase: 'render' };
}

/** What the upstream says of the render; null where it does not know the id. */
async function lookUp(work: Work, row: RenderRow, who: Identity): Promise<RenderAnswer | null> {
  const { seen } = work;
  work.seen = null;
  try {
    const answer = seen?.renderId === row.id ? seen.answer : await work.deps.nemo.render(who, row.id, work.signal);
    if (answer instanceof UpstreamError) throw answer;
    return answer;
  } catch (error) {
    if (isUnknown(error)) return null;
    throw error;
  }
}

/** HTTP 404 or `success:false` (nemovideo-api.md, "Render"). */
function isUnknown(error: unknown): boolean {
  if (!(error instanceof UpstreamError) || error.answer === null) return false;
  return error.answer.status === 404 || (error.answer.status === 200 && error.answer.code === null);
}

/** How a duplicate is refused is not documented: by the HTTP status for conflicts, or in words. */
function isDuplicate(error: unknown): boolean {
  if (!(error instanceof UpstreamError) || error.answer === null) return false;
  return error.answer.status === 409 || /duplicate|already exists/i.test(error.answer.message);
}

async function move(work: Work, row: RenderRow, state: RenderState, url: string | null = null): Promise<void> {
  const moved = await moveRender(work.deps.db.pool, work.job, row.id, state, url);
  if (!moved) throw new JobLost(`${work.job.id} lost its render`);
}

function pollLater(work: Work): Step {
  return { kind: 'wait', phase: 'render', reason: 'render', ms: work.deps.config.RENDER_POLL_INTERVAL };
}

function outputOptions(work: Work): ExportOptions {
  if (work.job.type === 'export') return work.job.input as ExportInput;
  const wanted = (work.job.input as GenerateInput).export;
  if (!wanted) throw new Error(`${work.job.id} asks for no export`);
  return wanted;
}
