import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { lockFolder } from '../../src/local/folder-lock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'reelay-lock-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

it('is taken once, and free again afterwards', async () => {
  const lock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toThrow(`Another run (process ${process.pid}) uses ${folder}`);
  await lock.release();
  expect(await readdir(folder)).toEqual([]);
  await (await lockFolder(folder)).release();
});

it('takes over the lock of a process that is gone', async () => {
  const gone = spawn(process.execPath, ['-e', '']);
  await once(gone, 'exit');
  await writeFile(path.join(folder, 'try.lock'), `${gone.pid} 123\n`);
  await lockFolder(folder);
  expect(await readFile(path.join(folder, 'try.lock'), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
  expect(await readdir(folder)).toEqual(['try.lock']);
});

it.runIf(process.platform === 'linux')('takes over when another process has the number by now', async () => {
  await writeFile(path.join(folder, 'try.lock'), `${process.pid} 1\n`);
  await lockFolder(folder);
});

it.each(['', 'garbage', '0 0', '-1 5'])('takes over a damaged lock (%j)', async (content) => {
  await writeFile(path.join(folder, 'try.lock'), content);
  await lockFolder(folder);
});
