import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFolderStore, removeAbandoned } from '../../../src/lib/assets/folder-store.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'reelay-store-'));
});

afterEach(() => rm(root, { recursive: true }));

const files = async () => (await readdir(root, { recursive: true, withFileTypes: true })).filter((e) => e.isFile());

async function* chunks(...texts: (string | Error)[]) {
  for (const text of texts) {
    if (text instanceof Error) throw text;
    yield Buffer.from(text);
  }
}

it('keeps what it was given, and measures it', async () => {
  const store = createFolderStore(path.join(root, 'made', 'when needed'));
  const stored = await store.put(chunks('a', 'b', 'c'));
  expect(stored).toEqual({
    key: expect.any(String),
    bytes: 3,
    sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  });
  expect((await buffer(await store.open(stored.key))).toString()).toBe('abc');
  await store.remove(stored.key);
  await store.remove(stored.key);
  await expect(store.open(stored.key)).rejects.toThrow('ENOENT');
});

it('keeps nothing of a stream that breaks', async () => {
  const store = createFolderStore(root);
  await expect(store.put(chunks('a', new Error('gone')))).rejects.toThrow('gone');
  expect(await files()).toEqual([]);
});

it('clears away what dead processes left, and nothing that is on its way', async () => {
  expect(await removeAbandoned(root)).toBe(0);
  await mkdir(path.join(root, 'incoming'));
  for (const name of ['old', 'new']) await writeFile(path.join(root, 'incoming', name), name);
  await utimes(path.join(root, 'incoming', 'old'), 0, 0);
  expect(await removeAbandoned(root)).toBe(1);
  expect((await files()).map(({ name }) => name)).toEqual(['new']);
});
