import { sha256 } from '../../lib/crypto.ts';
import type { UploadRow } from '../../lib/db/uploads.ts';
import { readSessionState } from '../../lib/domain/session-state.ts';
import { diffStates, stateFingerprint } from '../../lib/domain/state-diff.ts';
import type { Step, Work } from '../work.ts';
import { openedSession } from './opened-session.ts';
import { turnResult } from './turn-result.ts';
import type { JobFile } from './upload-files.ts';

/** Keeps the state that an upload job begins with, once: what changes is told against it. */
export async function noteStateBefore(work: Work): Promise<void> {
  if (work.job.state_before_hash !== null) return;
  const { upstreamId, who } = await openedSession(work);
  const state = await work.deps.nemo.state(who, upstreamId, work.signal);
  await work.writeSession({ state });
  await work.write({ set: { state_before_hash: sha256(stateFingerprint(readSessionState(state))) } });
}

/** An upload job's result: no words, what changed, and its files first among the media. */
export async function concludeUpload(
  work: Work,
  files: readonly JobFile[],
  ledger: ReadonlyMap<string, UploadRow>,
): Promise<Step> {
  const { upstreamId, who } = await openedSession(work);
  const state = await work.deps.nemo.state(who, upstreamId, work.signal);
  const after = readSessionState(state);
  const changes = diffStates(readSessionState(work.session.state), after);
  const result = turnResult({ text: '', changes }, after, work.session.workspace_url);
  const brought = files.flatMap((file) => {
    const row = ledger.get(file.source);
    return row?.cdn_url ? [{ url: row.cdn_url, kind: row.kind ?? 'other' }] : [];
  });
  const urls = new Set(brought.map(({ url }) => url));
  const media = [...brought, ...result.media.filter(({ url }) => !urls.has(url))];
  return { kind: 'succeed', set: { result: { ...result, media } }, state };
}
