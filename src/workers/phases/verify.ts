import { latestRender, type RenderRow, storeOutput } from '../../lib/db/renders.ts';
import { isUnreachable } from '../../lib/db/unreachable.ts';
import { backoffMs } from '../../lib/domain/backoff.ts';
import { jobError } from '../../lib/domain/failures.ts';
import type { Output } from '../../lib/domain/job.ts';
import { readSessionState } from '../../lib/domain/session-state.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import { type OutputFile, OutputTooLarge } from '../../lib/nemo/output.ts';
import { UpstreamError } from '../../lib/nemo/upstream-error.ts';
import { JobLost, type Step, type Work } from '../work.ts';
import { openedSession } from './opened-session.ts';
import { turnResult } from './turn-result.ts';

/** A file store may need a moment until a finished file can be read everywhere; after so many looks it is not coming. */
const MAX_LOOKS = 5;
/** From this look on, the upstream's own download is tried as well: its address may be dead for good. */
const DOWNLOAD_FROM_LOOK = 3;

/** Makes sure that the finished file can be read before anybody is told of it. */
export async function verify(work: Work): Promise<Step> {
  await work.enter('verify');
  const render = await latestRender(work.deps.db.pool, work.job.id);
  if (!render) throw new Error(`${work.job.id} has no render`);
  const looks = work.job.failures + 1;
  try {
    const file = await readOutput(work, render, looks);
    return succeed(work, render, file);
  } catch (error) {
    if (error instanceof OutputTooLarge) return { kind: 'fail', error: jobError('output_unreadable') };
    if (!(error instanceof UpstreamError)) throw error;
    if (looks >= MAX_LOOKS) return { kind: 'fail', error: jobError('output_unreadable') };
    const ms = backoffMs(looks, Math.random());
    return { kind: 'wait', phase: 'verify', reason: 'recovery', ms, set: { failures: looks } };
  }
}

/** The file where the upstream put it; where that is missing or dead, a copy in our store. Throws UpstreamError. */
async function readOutput(work: Work, render: RenderRow, looks: number): Promise<OutputFile & { url: string }> {
  const { output_url: url } = render;
  if (url === null || render.stored_key !== null) return keptOutput(work, render);
  try {
    return { ...(await work.deps.outputs.probe(url, work.signal)), url };
  } catch (error) {
    if (!(error instanceof UpstreamError) || looks < DOWNLOAD_FROM_LOOK) throw error;
    return keptOutput(work, render);
  }
}

/** Our copy: one that was made before, by this job or by the try before it, is as good as a new one. */
async function keptOutput(work: Work, render: RenderRow): Promise<OutputFile & { url: string }> {
  const url = `${work.deps.config.PUBLIC_URL ?? ''}/v1/jobs/${work.job.id}/output`;
  if (render.stored_key !== null) return { contentType: render.stored_type, bytes: render.stored_bytes, url };
  return { ...(await copyOutput(work, render)), url };
}

async function copyOutput(work: Work, render: RenderRow): Promise<OutputFile> {
  const { outputs, store, db } = work.deps;
  const { who } = await openedSession(work);
  const { key, bytes, contentType } = await work.aside(async () => {
    const { body, contentType } = await outputs.download(who, render.id, work.signal);
    return { ...(await store.put(body)), contentType };
  });
  faultPoint('output.copied');
  const stored = await storeOutput(db.pool, work.job, render.id, { key, contentType, bytes }).catch(async (error) => {
    // A commit whose answer was lost may have named the file: then it stays.
    if (!isUnreachable(error)) await store.remove(key);
    throw error;
  });
  if (!stored) {
    await store.remove(key);
    throw new JobLost(`${work.job.id} lost its output`);
  }
  return { contentType, bytes };
}

async function succeed(work: Work, render: RenderRow, file: OutputFile & { url: string }): Promise<Step> {
  const { session } = work;
  const state = readSessionState(session.state);
  const result = work.job.result ?? turnResult({ text: '', changes: [] }, state, session.workspace_url);
  const output: Output = {
    url: file.url,
    format: render.output.format,
    render_id: render.id,
    content_type: file.contentType,
    bytes: file.bytes,
    duration_ms: result.timeline.duration_ms,
    verified: true,
    expires_at: null,
  };
  return { kind: 'succeed', set: { result: { ...result, output }, progress: { ...work.progress, percent: 100 } } };
}
