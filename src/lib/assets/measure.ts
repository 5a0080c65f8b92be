import { createHash } from 'node:crypto';
import type { StoredFile } from './store.ts';

/** Measures what flows by. @returns `watch`, to be read to its end, and then what it measured. */
export function createMeasure() {
  const hash = createHash('sha256');
  let bytes = 0;
  return {
    async *watch(content: AsyncIterable<Uint8Array>) {
      for await (const chunk of content) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    },
    result: (): Pick<StoredFile, 'bytes' | 'sha256'> => ({ bytes, sha256: hash.digest('hex') }),
  };
}
