import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readSecrets } from '../../src/local/secrets.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'reelay-secrets-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('makes both keys once, for the owner alone', async () => {
  const first = await readSecrets({}, folder);
  expect(first.BOOTSTRAP_API_KEY).toMatch(/^rk_[\w-]{43}$/);
  expect(Buffer.from(first.ENCRYPTION_KEY, 'base64')).toHaveLength(32);
  expect(await readSecrets({}, folder)).toEqual(first);
  expect((await readdir(folder)).sort()).toEqual(['api-key', 'encryption-key']);
  for (const file of ['api-key', 'encryption-key']) {
    expect((await stat(path.join(folder, file))).mode & 0o777).toBe(0o600);
  }
});

it("uses the user's keys and then stores none", async () => {
  const given = { BOOTSTRAP_API_KEY: 'rk_mine', ENCRYPTION_KEY: 'ab'.repeat(32) };
  expect(await readSecrets(given, folder)).toEqual(given);
  expect(await readdir(folder)).toEqual([]);
});

it('says which file is damaged, and does not replace it', async () => {
  await writeFile(path.join(folder, 'encryption-key'), 'short');
  await expect(readSecrets({}, folder)).rejects.toThrow(/encryption-key is damaged: put its old content back/);
});
