import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { assetsOf } from '../../lib/domain/job.ts';
import { type UploadedFile, upstreamName, urlName } from '../../lib/domain/uploaded-file.ts';
import type { Work } from '../work.ts';
import { openedSession } from './opened-session.ts';

type Asset = { format: string; content_type: string; kind: string; bytes: number; store_key: string };
/** A file that a job brings into its session. `source`: the asset's id, or the URL of one that we do not have. */
export type JobFile = { source: string; name: string; asset: Asset | null };

/** As a JPEG an image can become larger than its HEIC was, and too large for the skill. */
export class FileTooLarge extends Error {
  override readonly name = 'FileTooLarge';
}

/** The files that a job names, each once, in its order; a text file is in the prompt already. */
export async function filesOf(work: Work): Promise<JobFile[]> {
  const ids = work.job.asset_ids;
  const rows = ids.length > 0 ? await work.deps.db.prisma.asset.findMany({ where: { id: { in: ids } } }) : [];
  const assets = new Map(rows.map((row) => [row.id, row]));
  const files = new Map<string, JobFile>();
  for (const ref of assetsOf(work.job.input)) {
    if ('url' in ref) {
      files.set(ref.url, { source: ref.url, name: urlName(ref.url), asset: null });
      continue;
    }
    const asset = assets.get(ref.asset_id);
    if (!asset) throw new Error(`${ref.asset_id} is gone`);
    if (asset.kind !== 'text') files.set(asset.id, { source: asset.id, name: upstreamName(asset), asset });
  }
  return [...files.values()];
}

/**
 * Sends one file. `beforeSocket` records that it may have arrived from then on. Throws UnsupportedImage, FileTooLarge
 * and UpstreamError.
 */
export async function sendFile(work: Work, file: JobFile, beforeSocket: () => Promise<void>): Promise<UploadedFile> {
  const { nemo } = work.deps;
  const { upstreamId, who } = await openedSession(work);
  if (file.asset === null) {
    await beforeSocket();
    const answer = await work.aside(() => nemo.uploadUrl(who, upstreamId, file.source, work.signal));
    return { cdn_url: answer?.cdn_url ?? null, kind: answer?.file_type ?? null };
  }
  const content = await openContent(work, file.asset);
  try {
    await beforeSocket();
    const upload = { name: file.name, ...content };
    const answer = await work.aside(() => nemo.uploadFile(who, upstreamId, upload, work.signal));
    return { cdn_url: answer?.cdn_url ?? null, kind: answer?.file_type ?? file.asset.kind };
  } finally {
    content.content.destroy();
  }
}

/** The bytes that go upstream, as a stream from the store; a HEIC image as the JPEG that it becomes. */
async function openContent(
  work: Work,
  asset: Asset,
): Promise<{ contentType: string; bytes: number; content: Readable }> {
  const { store, heic, skills } = work.deps;
  if (asset.format !== 'heic') {
    return { contentType: asset.content_type, bytes: asset.bytes, content: await store.open(asset.store_key) };
  }
  work.report('Converting a HEIC image');
  const read = async () => buffer(await store.open(asset.store_key));
  const jpeg = await work.aside(() => heic.toJpeg(read, work.signal));
  const most = skills.get(work.job.skill)?.max_bytes ?? 0;
  if (jpeg.length > most) throw new FileTooLarge(`${jpeg.length} bytes as JPEG, of at most ${most}`);
  return { contentType: 'image/jpeg', bytes: jpeg.length, content: Readable.from([jpeg]) };
}
