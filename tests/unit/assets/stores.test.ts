import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AssetPlace, openAssetStore } from '../../../src/lib/assets/open-store.ts';
import type { AssetStore } from '../../../src/lib/assets/store.ts';
import { readConfig } from '../../../src/lib/config.ts';
import { startS3, type TestS3 } from '../../support/s3-server.ts';

let root: string;
let s3: TestS3;

beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'reelay-stores-'));
  s3 = await startS3();
  for (const [name, value] of Object.entries(s3.env)) vi.stubEnv(name, value);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await s3?.stop();
  await rm(root, { recursive: true });
});

const REQUIRED = { DATABASE_URL: 'postgresql://db/reelay', ENCRYPTION_KEY: Buffer.alloc(32).toString('base64') };
const placeOf = (env: Record<string, string>): AssetPlace => readConfig({ ...REQUIRED, ...env }).ASSET_STORE;

/** A store, and what a look behind it tells. */
type Behind = {
  place(): AssetPlace;
  /** The bytes of all whole files. */
  kept(): Promise<Buffer[]>;
  /** How many files are on their way. */
  begun(): Promise<number>;
  /** Leaves files on their way, as processes that died do. */
  abandon(...since: Date[]): Promise<void>;
};

const incoming = () => path.join(root, 'made', 'incoming');
const filesIn = async (folder: string) =>
  (await readdir(folder, { withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => path.join(folder, name));

const STORES: Record<string, Behind> = {
  'a folder': {
    place: () => placeOf({ ASSET_STORE: path.join(root, 'made') }),
    kept: async () => Promise.all((await filesIn(path.join(root, 'made'))).map((file) => readFile(file))),
    begun: async () => (await filesIn(incoming())).length,
    async abandon(...since) {
      await mkdir(incoming(), { recursive: true });
      for (const [index, date] of since.entries()) {
        await writeFile(path.join(incoming(), `${index}`), 'half');
        await utimes(path.join(incoming(), `${index}`), date, date);
      }
    },
  },
  'a bucket': {
    place: () => placeOf(s3.env),
    kept: async () => [...s3.objects.values()],
    begun: async () => s3.uploads.size,
    async abandon(...since) {
      for (const [index, initiated] of since.entries())
        s3.uploads.set(`${index}`, { key: `reelay/${index}`, initiated, parts: new Map() });
    },
  },
};

/** Noise of so many bytes, in chunks as a socket has them. */
async function* noise(bytes: number, fault?: Error) {
  const chunk = Buffer.alloc(65_536, 'noise');
  for (let left = bytes; left > 0; left -= chunk.length) yield chunk.subarray(0, left);
  if (fault) throw fault;
}
const wholeNoise = (bytes: number) => buffer(noise(bytes));
const LARGE = 12_000_001;

describe.each(Object.entries(STORES))('%s', (_name, behind) => {
  let store: AssetStore;
  beforeAll(async () => {
    store = await openAssetStore(behind.place());
    await store.ping();
  });
  afterAll(() => store?.close());
  beforeEach(async () => {
    s3.objects.clear();
    s3.uploads.clear();
    await rm(path.join(root, 'made'), { recursive: true, force: true });
    await store.ping();
  });

  it.each([0, 3, 100_000, LARGE])('keeps the %i bytes that it was given, and measures them', async (bytes) => {
    const content = await wholeNoise(bytes);
    const stored = await store.put(noise(bytes));
    expect(stored).toEqual({
      key: expect.any(String),
      bytes,
      sha256: createHash('sha256').update(content).digest('hex'),
    });
    expect(content.equals(await buffer(await store.open(stored.key)))).toBe(true);
    expect(await behind.begun()).toBe(0);
  });

  it('gives a part of a file', async () => {
    const content = await wholeNoise(100_000);
    const { key } = await store.put(noise(100_000));
    const part = async (first: number, last: number) => buffer(await store.open(key, { first, last }));
    expect((await part(0, 0)).toString()).toBe('n');
    expect(content.subarray(70_001, 90_001).equals(await part(70_001, 90_000))).toBe(true);
    expect(content.subarray(99_999).equals(await part(99_999, 99_999))).toBe(true);
  });

  it('removes a file, also one that is not there, and has none then', async () => {
    const { key } = await store.put(noise(3));
    await store.remove(key);
    await store.remove(key);
    expect(await behind.kept()).toEqual([]);
    await expect(store.open(key)).rejects.toThrow(/ENOENT|as the test has it/);
  });

  it.each([100, 6_000_000])('keeps nothing of a stream that breaks after %i bytes', async (bytes) => {
    await expect(store.put(noise(bytes, new Error('gone')))).rejects.toThrow('gone');
    expect(await behind.kept()).toEqual([]);
    expect(await behind.begun()).toBe(0);
  });

  it('clears away what dead processes left, and nothing that is on its way', async () => {
    expect(await store.removeAbandoned()).toBe(0);
    const long = new Date(Date.now() - 90_000_000);
    await behind.abandon(long, new Date(), long, long);
    expect(await store.removeAbandoned()).toBe(3);
    expect(await behind.begun()).toBe(1);
  });
});

it('a folder whose disk is full says that the store is in the way', async () => {
  const store = await openAssetStore(placeOf({ ASSET_STORE: path.join(root, 'made') }));
  // There is no full disk here: what the disk would say comes by the stream, and ends in the same place.
  const full = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
  await expect(store.put(noise(3, full))).rejects.toMatchObject({ name: 'AssetStoreError', cause: full });
});
