import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chown, lchown, mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from './error-code.ts';
import { madeOnce } from './made-once.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { EmbeddedPostgresError } from './postgres-error.ts';
import { type ProgramUser, runProgram } from './run-program.ts';

/** The superuser of the cluster; the password is in `postgres-password` beside the data folder. */
export const CLUSTER_USER = 'reelay';
/** initdb takes 0.4 s here; a slow disk or an emulated CPU may need much longer. */
const INITDB_TIMEOUT_MS = 60_000;
const PASSWORD_BYTES = 24;
const PASSWORD_FORM = /^[\w-]{16,}$/;

type Cluster = { binaries: PostgresBinaries; user: ProgramUser; dataDir: string; signal?: AbortSignal | undefined };

/**
 * Makes the database cluster in `dataDir` unless there is one, and gives its password. Never touches a folder that
 * holds anything else. Throws `folder_unusable`, `password_missing`, `init_failed`, `stopped` or a StartFault.
 */
export async function prepareCluster(cluster: Cluster): Promise<string> {
  const { dataDir, user } = cluster;
  const passwordFile = path.join(path.dirname(dataDir), 'postgres-password');
  const isNew = await isEmpty(dataDir);
  if (!isNew && !existsSync(passwordFile)) {
    throw new EmbeddedPostgresError(
      'password_missing',
      `${dataDir} holds a database but its password is gone: put ${passwordFile} back, or choose another folder with DATA_DIR.`,
    );
  }
  const password = await madeOnce(passwordFile, () => randomBytes(PASSWORD_BYTES).toString('base64url'), PASSWORD_FORM);
  if (user.ids) {
    await chown(passwordFile, user.ids.uid, user.ids.gid);
    if (!isNew) await chownTree(dataDir, user.ids);
  }
  if (isNew) await initialise(cluster, passwordFile);
  return password;
}

/** initdb works in a folder of its own that is then renamed, so that an interrupted one is never taken for a cluster. */
async function initialise({ binaries, user, dataDir, signal }: Cluster, passwordFile: string): Promise<void> {
  const unfinished = `${dataDir}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  if (user.ids) await chown(unfinished, user.ids.uid, user.ids.gid);
  const options = [
    `--pgdata=${unfinished}`,
    `--username=${CLUSTER_USER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
    '--no-sync',
    '--no-instructions',
  ];
  const result = await runProgram(user, [binaries.initdb, ...options], {
    cwd: path.dirname(binaries.initdb),
    timeoutMs: INITDB_TIMEOUT_MS,
    signal,
  });
  if (result.code !== 0) {
    await rm(unfinished, { recursive: true, force: true });
    if (signal?.aborted) throw new EmbeddedPostgresError('stopped', 'Stopped while the database was being made.');
    const fault = result.stderr.split('\n').find((line) => /error|fatal|panic/i.test(line)) ?? result.stderr;
    throw new EmbeddedPostgresError(
      'init_failed',
      `No database could be made in ${dataDir}: ${fault.replace(/^.*?initdb: error: /, '').trim() || `initdb took longer than ${INITDB_TIMEOUT_MS / 1000} s`}`,
    );
  }
  await rmdir(dataDir).catch(ignoreMissing);
  await rename(unfinished, dataDir);
}

/** True for a folder that is empty or not there yet; throws `folder_unusable` for one with something else in it. */
async function isEmpty(dataDir: string): Promise<boolean> {
  let names: string[];
  try {
    names = await readdir(dataDir);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    throw new EmbeddedPostgresError(
      'folder_unusable',
      `The folder ${dataDir} cannot be read (${String(error)}).`,
      error,
    );
  }
  if (names.length === 0) return true;
  if (names.includes('PG_VERSION') || names.includes('global')) return false;
  throw new EmbeddedPostgresError(
    'folder_unusable',
    `${dataDir} is not empty and holds no database: choose another folder with DATA_DIR.`,
  );
}

/** A cluster that root made in a user namespace is handed over when only another user can run it now. */
async function chownTree(root: string, { uid, gid }: { uid: number; gid: number }): Promise<void> {
  if ((await stat(root)).uid === uid) return;
  for (const entry of await readdir(root, { recursive: true })) await lchown(path.join(root, entry), uid, gid);
  await chown(root, uid, gid);
}

function ignoreMissing(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) throw error;
}
