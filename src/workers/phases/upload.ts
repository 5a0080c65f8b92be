import { UnsupportedImage } from '../../lib/assets/convert.ts';
import { moveUpload, planUploads, type UploadRow } from '../../lib/db/uploads.ts';
import { jobError } from '../../lib/domain/failures.ts';
import { findUploaded } from '../../lib/domain/uploaded-file.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import { JobLost, type Step, type Work } from '../work.ts';
import { openedSession } from './opened-session.ts';
import { FileTooLarge, filesOf, type JobFile, sendFile } from './upload-files.ts';
import { concludeUpload, noteStateBefore } from './upload-result.ts';

/** Brings the job's files into its session, each once (architecture.md, money rule 5). */
export async function upload(work: Work): Promise<Step> {
  const files = await filesOf(work);
  if (work.job.type === 'upload') {
    if (work.job.result !== null) return { kind: 'succeed' };
    await noteStateBefore(work);
  } else if (files.length === 0) {
    return { kind: 'go', phase: 'converse' };
  }
  await work.enter('upload');
  try {
    const ledger = await bringAll(work, files);
    return work.job.type === 'upload' ? concludeUpload(work, files, ledger) : { kind: 'go', phase: 'converse' };
  } catch (error) {
    if (error instanceof UnsupportedImage) {
      const message = `The HEIC image could not be converted: ${error.message}.`;
      return { kind: 'fail', error: { ...jobError('unsupported_file'), message } };
    }
    if (error instanceof FileTooLarge) return { kind: 'fail', error: jobError('file_too_large') };
    throw error;
  }
}

async function bringAll(work: Work, files: readonly JobFile[]): Promise<Map<string, UploadRow>> {
  const { db, nemo } = work.deps;
  const { upstreamId, who } = await openedSession(work);
  const planned = await planUploads(db.pool, work.job, upstreamId, files);
  if (!planned) throw new JobLost(`${work.job.id} lost its uploads`);
  faultPoint('upload.planned');
  const ledger = new Map(planned.map((row) => [row.source, row]));
  const mayHaveArrived = files.some((file) => ledger.get(file.source)?.state === 'sending');
  const state = mayHaveArrived ? await nemo.state(who, upstreamId, work.signal) : null;

  const record = async (row: UploadRow, to: Parameters<typeof moveUpload>[4]) => {
    if (!(await moveUpload(db.pool, work.job, upstreamId, row.source, to)))
      throw new JobLost(`${work.job.id} lost its uploads`);
    ledger.set(row.source, { ...row, ...to });
  };
  const recordSending = async (row: UploadRow) => {
    await record(row, { state: 'sending' });
    faultPoint('upload.sending');
  };
  for (const [index, file] of files.entries()) {
    const row = ledger.get(file.source);
    if (!row) throw new Error(`${work.job.id}: ${file.source} was not planned`);
    if (row.state === 'done') continue;
    work.report(`Uploading file ${index + 1} of ${files.length}`);
    const arrived = row.state === 'sending' ? findUploaded(state, row, othersThan(row, ledger)) : null;
    const there = arrived ?? (await sendFile(work, file, () => recordSending(row)));
    faultPoint('upload.answered');
    await record(row, { state: 'done', ...there });
    faultPoint('upload.recorded');
  }
  return ledger;
}

/** The addresses of the files that other uploads of the session account for. */
function othersThan(row: UploadRow, ledger: ReadonlyMap<string, UploadRow>): Set<string> {
  const others = [...ledger.values()].filter((other) => other.source !== row.source && other.state === 'done');
  return new Set(others.flatMap((other) => other.cdn_url ?? []));
}
