import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { access, constants, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createMeasure } from './measure.ts';
import { ABANDONED_MS, type AssetStore, AssetStoreError } from './store.ts';

/** Files on their way in, under a name that nobody knows. */
const INCOMING = 'incoming';
/** How a disk that takes nothing more shows. */
const DISK_IS_FULL = /^(ENOSPC|EDQUOT|EROFS)$/;

/** A store in a folder, which is made when it is first needed. API and workers must see the same folder. */
export function createFolderStore(root: string): AssetStore {
  const incoming = path.join(root, INCOMING);
  return {
    async put(content) {
      await mkdir(incoming, { recursive: true });
      const key = randomUUID();
      const temporary = path.join(incoming, key);
      const measure = createMeasure();
      try {
        // Flushed, so that a power cut cannot leave a name without its bytes.
        await pipeline(content, measure.watch, createWriteStream(temporary, { flags: 'wx', flush: true }));
        await rename(temporary, path.join(root, key));
      } catch (error) {
        await rm(temporary, { force: true });
        throw explainDisk(error);
      }
      return { key, ...measure.result() };
    },
    async open(key, range) {
      const file = await open(path.join(root, key));
      return file.createReadStream(range && { start: range.first, end: range.last });
    },
    remove: (key) => rm(path.join(root, key), { force: true }),
    async removeAbandoned() {
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
    },
    async ping() {
      try {
        await mkdir(incoming, { recursive: true });
        await access(incoming, constants.W_OK);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new AssetStoreError(`ASSET_STORE cannot be written to: ${reason}`, { away: false, cause: error });
      }
    },
    close: () => undefined,
  };
}

/** Where the disk is in the way, an AssetStoreError; else the error as it is. */
function explainDisk(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined || !DISK_IS_FULL.test(code)) return error;
  return new AssetStoreError(`ASSET_STORE takes nothing more: ${error.message}`, { away: false, cause: error });
}
