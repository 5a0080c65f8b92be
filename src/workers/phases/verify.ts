import { latestRender } from '../../lib/db/renders.ts';
import { backoffMs } from '../../lib/domain/backoff.ts';
import { jobError } from '../../lib/domain/failures.ts';
import type { Output } from '../../lib/domain/job.ts';
import { readSessionState } from '../../lib/domain/session-state.ts';
import type { OutputFile } from '../../lib/nemo/output.ts';
import { UpstreamError } from '../../lib/nemo/upstream-error.ts';
import type { Step, Work } from '../work.ts';
import { turnResult } from './turn-result.ts';

/** A file store may need a moment until a finished file can be read everywhere; after so many looks it is not coming. */
const MAX_LOOKS = 5;

/** Makes sure that the finished file can be read before anybody is told of it. */
export async function verify(work: Work): Promise<Step> {
  await work.enter('verify');
  const render = await latestRender(work.deps.db.pool, work.job.id);
  if (!render?.output_url) throw new Error(`${work.job.id} has no finished render`);
  let file: OutputFile;
  try {
    file = await work.deps.outputs.probe(render.output_url, work.signal);
  } catch (error) {
    if (!(error instanceof UpstreamError)) throw error;
    const looks = work.job.failures + 1;
    if (looks >= MAX_LOOKS) return { kind: 'fail', error: jobError('output_unreadable') };
    const ms = backoffMs(looks, Math.random());
    return { kind: 'wait', phase: 'verify', reason: 'recovery', ms, set: { failures: looks } };
  }
  const session = await work.session();
  const state = readSessionState(session.state);
  const result = work.job.result ?? turnResult({ text: '', changes: [] }, state, session.workspace_url);
  const output: Output = {
    url: render.output_url,
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
