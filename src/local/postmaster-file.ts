import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { isAlive } from './process-state.ts';
import { OURSELVES, runProgram } from './run-program.ts';

/** `ps` answers in a few ms. */
const PS_TIMEOUT_MS = 5_000;

/** What Postgres writes into `postmaster.pid`: who it is, and from its eighth line whether it takes connections yet. */
export type PostmasterFile = { pid: number; ready: boolean };

/** The `postmaster.pid` of a data folder; null where there is none, or none that can be read yet. */
export async function readPostmasterFile(dataDir: string): Promise<PostmasterFile | null> {
  const text = await readFile(path.join(dataDir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 1) return null;
  return { pid, ready: lines[7]?.trim() === 'ready' };
}

/**
 * The pid of a Postgres that runs on this data folder now, or null. A pid file alone proves nothing: after a crash the
 * number may belong to any other process, which must not be signalled.
 */
export async function runningPostmaster(dataDir: string): Promise<number | null> {
  const file = await readPostmasterFile(dataDir);
  if (!file || !isAlive(file.pid)) return null;
  return (await worksIn(file.pid, dataDir)) ? file.pid : null;
}

/**
 * Removes a `postmaster.pid` whose process is known to be another program. Postgres itself only sees that the number
 * is in use and refuses to start: the usual case in a container, where each run gives out the same low numbers.
 */
export async function removeForeignPostmasterFile(dataDir: string): Promise<void> {
  const file = await readPostmasterFile(dataDir);
  if (!file || process.platform !== 'linux') return;
  const cwd = await readlink(`/proc/${file.pid}/cwd`).catch(() => null);
  if (cwd !== null && cwd !== (await realpath(dataDir))) await rm(path.join(dataDir, 'postmaster.pid'));
}

/** A postmaster works in its data folder: Linux shows that; elsewhere its command line names the folder. */
async function worksIn(pid: number, dataDir: string): Promise<boolean> {
  const folder = await realpath(dataDir);
  if (process.platform === 'linux') {
    const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    return cwd === folder;
  }
  const ps = await runProgram(OURSELVES, ['ps', '-o', 'command=', '-p', String(pid)], {
    cwd: '/',
    timeoutMs: PS_TIMEOUT_MS,
  });
  return ps.stdout.includes('postgres') && (ps.stdout.includes(folder) || ps.stdout.includes(dataDir));
}
