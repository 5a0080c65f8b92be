import type { Readable } from 'node:stream';
import type { ByteRange } from '../domain/byte-range.ts';

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
  /** The file, or a part of it; the caller reads it to the end or destroys it. Throws where there is none. */
  open(key: string, range?: ByteRange): Promise<Readable>;
  /** A file that is not there is removed already. */
  remove(key: string): Promise<void>;
  /** Removes what processes that died left half-written. @returns how many files. */
  removeAbandoned(): Promise<number>;
  /** Throws where the store cannot be used. */
  ping(): Promise<void>;
  /** Ends its connections. */
  close(): void;
};

/** A file on its way in that has not grown for so long belongs to a process that died. In ms. */
export const ABANDONED_MS = 86_400_000;

/** The store, and not the file, is in the way. The message is for whoever operates it. */
export class AssetStoreError extends Error {
  override readonly name = 'AssetStoreError';
  /** Whether waiting can help; else somebody has to change something. */
  readonly away: boolean;

  constructor(message: string, options: { away: boolean; cause: unknown }) {
    super(message, { cause: options.cause });
    this.away = options.away;
  }
}
