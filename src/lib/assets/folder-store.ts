import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

export type StoredFile = {
  key: string;
  bytes: number;
  /** In hex. */
  sha256: string;
};

/** Where the bytes of assets are. Whatever is in it under a key is whole, and stays as it is. */
export type AssetStore = {
  /** Takes a stream to its end. Throws what the stream throws; nothing is kept then. */
  put(content: AsyncIterable<Uint8Array>): Promise<StoredFile>;
  /** The file from its beginning; the caller reads it to the end or destroys it. Throws where there is none. */
  open(key: string): Promise<Readable>;
  /** A file that is not there is removed already. */
  remove(key: string): Promise<void>;
};

/** Files on their way in, under a name that nobody knows. */
const INCOMING = 'incoming';
/** A file that has not grown for so long belongs to a process that died. In ms. */
const ABANDONED_MS = 86_400_000;

/** A store in a folder, which is made when the first file comes. API and workers must see the same folder. */
export function createFolderStore(root: string): AssetStore {
  const incoming = path.join(root, INCOMING);
  return {
    async put(content) {
      await mkdir(incoming, { recursive: true });
      const key = randomUUID();
      const temporary = path.join(incoming, key);
      const hash = createHash('sha256');
      let bytes = 0;
      const measured = async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      };
      try {
        // Flushed, so that a power cut cannot leave a name without its bytes.
        await pipeline(content, measured, createWriteStream(temporary, { flags: 'wx', flush: true }));
        await rename(temporary, path.join(root, key));
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
      return { key, bytes, sha256: hash.digest('hex') };
    },
    async open(key) {
      return (await open(path.join(root, key))).createReadStream();
    },
    remove: (key) => rm(path.join(root, key), { force: true }),
  };
}

/** Removes what processes that died left half-written in a folder store. @returns how many files. */
export async function removeAbandoned(root: string): Promise<number> {
  const incoming = path.join(root, INCOMING);
  const names = await readdir(incoming).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  let removed = 0;
  for (const name of names) {
    const file = path.join(incoming, name);
    // Another process may have finished or removed it meanwhile.
    const found = await stat(file).catch(() => null);
    if (found === null || Date.now() - found.mtimeMs < ABANDONED_MS) continue;
    await rm(file, { force: true });
    removed += 1;
  }
  return removed;
}
