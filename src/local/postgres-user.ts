import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { EmbeddedPostgresError } from './postgres-error.ts';
import { OURSELVES, type ProgramUser, runProgram } from './run-program.ts';

/** `postgres --version` takes a few ms; a cold disk or a slow emulator may need seconds. */
const PROBE_TIMEOUT_MS = 20_000;
/** The conventional id of `nobody` and `nogroup`; in a user namespace any id but 0 would do. */
const NOBODY = 65_534;
/** Root outside is an ordinary user inside, so the files stay root's and closed folders stay reachable. */
const NAMESPACE: ProgramUser = {
  prefix: ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`],
};

/**
 * Whom Postgres runs as, since it refuses to run as root: ourselves where we are not root; else ourselves in a user
 * namespace; else an unprivileged user that can reach the binaries and the folder above `dataDir`. A cluster that
 * an unprivileged user has made stays that user's. Throws `binary_unusable` or `no_unprivileged_user`.
 */
export async function choosePostgresUser(binaries: PostgresBinaries, dataDir: string): Promise<ProgramUser> {
  const fault = await probe(OURSELVES, binaries);
  if (fault !== null) throw unusable(binaries, fault);
  if (process.getuid?.() !== 0) return OURSELVES;
  const owner = await clusterOwner(dataDir);
  const candidates = owner ? [owner] : [NAMESPACE, ...unprivilegedUsers(await passwdFile())];
  for (const candidate of candidates) {
    if ((await probe(candidate, binaries)) === null && (await canEnter(candidate, path.dirname(dataDir)))) {
      return candidate;
    }
  }
  throw new EmbeddedPostgresError(
    'no_unprivileged_user',
    `Postgres refuses to run as root, and here neither a user namespace nor another user can reach ${dataDir} and ${binaries.postgres}: run as an ordinary user, or set DATABASE_URL to a Postgres of your own.`,
  );
}

/** The users to try, best first, from the text of /etc/passwd. `nobody` exists as a number even where it has no name. */
export function unprivilegedUsers(passwd: string): ProgramUser[] {
  const users = passwd.split('\n').map((line) => line.split(':'));
  const ids = ['postgres', 'nobody'].flatMap((name) => {
    const [, , uid, gid] = users.find((fields) => fields[0] === name) ?? [];
    return uid && gid && Number(uid) > 0 ? [{ uid: Number(uid), gid: Number(gid) }] : [];
  });
  return [...ids, { uid: NOBODY, gid: NOBODY }].map((user) => ({ prefix: [], ids: user }));
}

/** `--version` is answered before Postgres looks at its user. Null, or what went wrong. */
async function probe(user: ProgramUser, binaries: PostgresBinaries): Promise<string | null> {
  const result = await runProgram(user, [binaries.postgres, '--version'], { cwd: '/', timeoutMs: PROBE_TIMEOUT_MS });
  if (result.code === 0) return null;
  return result.stderr.trim().split('\n').at(-1) || `exit code ${result.code}`;
}

async function canEnter(user: ProgramUser, folder: string): Promise<boolean> {
  const result = await runProgram(user, ['test', '-x', folder], { cwd: '/', timeoutMs: PROBE_TIMEOUT_MS });
  return result.code === 0;
}

async function clusterOwner(dataDir: string): Promise<ProgramUser | null> {
  const { uid, gid } = await stat(dataDir).catch(() => ({ uid: 0, gid: 0 }));
  return uid === 0 ? null : { prefix: [], ids: { uid, gid } };
}

function passwdFile(): Promise<string> {
  return readFile('/etc/passwd', 'utf8').catch(() => '');
}

function unusable(binaries: PostgresBinaries, fault: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'binary_unusable',
    `The Postgres of ${binaries.packageName} does not run on this machine (${fault}): run npm rebuild ${binaries.packageName}, or set DATABASE_URL to a Postgres of your own.`,
  );
}
