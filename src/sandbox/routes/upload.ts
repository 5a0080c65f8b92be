import { createHash } from 'node:crypto';
import path from 'node:path';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { analyseLater } from '../analysis.ts';
import { readBody } from '../read-body.ts';
import { badRequest, type Refusal, refusal } from '../refusal.ts';
import { writeState } from '../session.ts';
import type { World } from '../world.ts';

/** nemovideo-api.md, "POST /api/upload-video": anything else is 4001. */
const EXTENSIONS: Readonly<Record<string, readonly string[]>> = {
  video: ['mp4', 'mov', 'avi', 'webm', 'mkv'],
  image: ['jpg', 'png', 'gif', 'webp'],
  audio: ['mp3', 'wav', 'm4a', 'aac'],
};
const UrlsBody = z.strictObject({ urls: z.array(z.url()).min(1), source_type: z.literal('url') });

/** `sha256` and `bytes` are null for a URL, which is not fetched. */
type Upload = { filename: string; fileType: string; url: string; sha256: string | null; bytes: number | null };

/** Takes files, or URLs of files, into a session; of a file only its size and hash are kept. */
export function uploadRoute(app: FastifyInstance, world: () => World): void {
  app.post<{ Params: { sid: string } }>('/api/upload-video/nemo_agent/me/:sid', async (request) => {
    const { identities, sessions, clock, log } = world();
    const user = identities.identify(request.headers.authorization);
    const session = sessions.find(user, request.params.sid);
    const uploads = request.isMultipart() ? await readFiles(request) : readUrls(request.body);
    const files = uploads.map(({ filename, fileType, url, sha256 }) => ({
      filename,
      file_type: fileType,
      cdn_url: url,
      ...(sha256 === null ? {} : { hash: sha256 }),
    }));
    writeState(session, { video_infos: [...session.state.video_infos, ...files] });
    for (const { filename, sha256, bytes } of uploads) {
      log.upload({ session_id: session.id, filename, sha256, bytes });
      analyseLater(clock, session, filename);
    }
    return { code: 0, data: { files, session_state_applied: true } };
  });
}

/** Reads all parts to the end, and only then throws for the first bad one: the client still writes before that. */
async function readFiles(request: FastifyRequest): Promise<Upload[]> {
  const uploads: Upload[] = [];
  let fault: Refusal | null = null;
  for await (const part of request.parts()) {
    if (part.type !== 'file' || part.fieldname !== 'files') {
      fault ??= badRequest(`unexpected field ${part.fieldname}`);
      if (part.type === 'file') part.file.resume();
      continue;
    }
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of part.file) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    const fileType = fileTypeOf(part.filename);
    if (fileType === null) fault ??= unsupported(part.filename);
    if (part.file.truncated) fault ??= refusal(200, 4002, `${part.filename} is too large`);
    const sha256 = hash.digest('hex');
    const url = `http://${request.host}/files/${sha256.slice(0, 16)}${path.extname(part.filename).toLowerCase()}`;
    uploads.push({ filename: part.filename, fileType: fileType ?? '', url, sha256, bytes });
  }
  if (fault) throw fault;
  if (uploads.length === 0) throw badRequest('no files');
  return uploads;
}

function readUrls(body: unknown): Upload[] {
  return readBody(UrlsBody, body).urls.map((url) => {
    const filename = path.posix.basename(new URL(url).pathname);
    const fileType = fileTypeOf(filename);
    if (fileType === null) throw unsupported(filename);
    return { filename, fileType, url, sha256: null, bytes: null };
  });
}

function unsupported(filename: string): Refusal {
  return refusal(200, 4001, `unsupported file: ${filename}`);
}

function fileTypeOf(filename: string): string | null {
  const extension = path.extname(filename).slice(1).toLowerCase();
  return Object.keys(EXTENSIONS).find((type) => EXTENSIONS[type]?.includes(extension)) ?? null;
}
