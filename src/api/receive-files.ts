import type { Multipart, MultipartFile } from '@fastify/multipart';
import type { FastifyRequest } from 'fastify';
import { createFileRemoval } from '../lib/assets/remove-files.ts';
import { createSniffer, type Sniffed } from '../lib/assets/sniff.ts';
import { type AssetStore, AssetStoreError, type StoredFile } from '../lib/assets/store.ts';
import { findBadText } from '../lib/domain/bad-text.ts';
import { Problem, validationFailed } from '../lib/errors.ts';
import type { Logger } from '../lib/logger.ts';

/** Files of one request: as many as a job may name. */
const MAX_FILES = 20;
/** What file systems allow. In UTF-16 units. */
const MAX_FILENAME = 255;
/** A client that sends nothing for so long has gone. In ms. */
const SILENCE_MS = 60_000;

type ReceivedFile = StoredFile & Sniffed & { filename: string };

/**
 * Streams the file parts of a multipart request into the store, one after another. All or nothing: on any fault, the
 * client's leaving included, what was stored is removed again. Throws a Problem.
 */
export async function receiveFiles(
  request: FastifyRequest,
  store: AssetStore,
  maxBytes: number,
): Promise<ReceivedFile[]> {
  const received: ReceivedFile[] = [];
  request.raw.setTimeout(SILENCE_MS, () => request.raw.destroy());
  try {
    // The parser would cut a file that is too large, and go on; we refuse it ourselves.
    for await (const part of request.parts({ limits: { fileSize: Number.POSITIVE_INFINITY, parts: MAX_FILES + 1 } })) {
      received.push(await receivePart(part, received.length, store, maxBytes));
    }
    if (received.length === 0) throw fault('', 'Send at least one file.');
    return received;
  } catch (error) {
    await discardFiles(store, received, request.log);
    // The rest goes by unread, so that the client comes to read the answer.
    request.raw.unpipe();
    request.raw.resume();
    throw asProblem(error);
  }
}

/** Removes files that are not kept after all. One that the store cannot remove now stays, and is in the log. */
export async function discardFiles(
  store: AssetStore,
  files: readonly StoredFile[],
  log: Pick<Logger, 'warn'>,
): Promise<void> {
  await createFileRemoval(store, log)(files.map((file) => file.key));
}

async function receivePart(part: Multipart, index: number, store: AssetStore, maxBytes: number): Promise<ReceivedFile> {
  if (part.type === 'field') throw fault(`/${part.fieldname}`, 'There is no such field: send files only.');
  if (index >= MAX_FILES) throw tooMany();
  const filename = readFilename(part);
  const sniffer = createSniffer();
  const stored = await store.put(sniffer.watch(limited(part.file, filename, maxBytes)));
  const sniffed = await sniffer.result();
  if (sniffed) return { ...stored, ...sniffed, filename };
  await store.remove(stored.key);
  throw new Problem('unsupported_media_type', `${filename} is no video, image, audio or text by its bytes.`);
}

function readFilename({ fieldname, filename: given }: MultipartFile): string {
  // A part that is a file by its content type alone has none, whatever the parser's types say.
  const filename = given || 'file';
  if (filename.length > MAX_FILENAME)
    throw fault(`/${fieldname}`, `A file name has at most ${MAX_FILENAME} characters.`);
  const bad = findBadText(filename)[0];
  if (bad) throw fault(`/${fieldname}`, `The file name: ${bad.detail}`);
  return filename;
}

async function* limited(content: AsyncIterable<Uint8Array>, filename: string, maxBytes: number) {
  let bytes = 0;
  for await (const chunk of content) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new Problem('payload_too_large', `${filename} has more than ${maxBytes} bytes.`);
    yield chunk;
  }
}

function fault(pointer: string, detail: string): Problem {
  return validationFailed([{ pointer, detail }]);
}

function tooMany(): Problem {
  return new Problem('payload_too_large', `At most ${MAX_FILES} files in one request.`);
}

/** What the parser says of a body that is no multipart, or breaks off. */
function asProblem(error: unknown): unknown {
  if (error instanceof Problem || error instanceof AssetStoreError || !(error instanceof Error)) return error;
  const { code } = error as Error & { code?: string };
  if (code === 'FST_PARTS_LIMIT') return tooMany();
  if (code === 'FST_PROTO_VIOLATION') return fault('', error.message);
  if (code?.startsWith('FST_') || /multipart|boundary|Part terminated/i.test(error.message)) {
    return fault('', `The body is not whole: ${error.message}.`);
  }
  return error;
}
