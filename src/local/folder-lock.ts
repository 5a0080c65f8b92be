import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { hasCode } from './error-code.ts';
import { isAlive } from './process-state.ts';
import { StartFault } from './start-fault.ts';

/** Several runs that find the same stale lock at once settle it in two rounds; more means that something is wrong. */
const ATTEMPTS = 5;

/** The folder is ours until `release()`. */
export type FolderLock = { release(): Promise<void> };

/**
 * Takes `try.lock` in a folder, so that two runs never share it. A lock whose process is gone is taken over.
 * Throws a StartFault that names the process in the way.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const lock = path.join(folder, 'try.lock');
  const own = path.join(folder, `try.lock.${process.pid}`);
  const content = `${process.pid} ${await startOf(process.pid)}\n`;
  await writeFile(own, content);
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (await linked(own, lock)) return { release: () => releaseLock(lock, content) };
      const holder = await readIfThere(lock);
      if (holder !== null && (await isHeld(holder))) throw inUse(folder, holder);
      if (holder !== null) await removeStale(lock, holder);
    }
  } finally {
    await rm(own, { force: true });
  }
  throw new StartFault(`The lock ${lock} cannot be taken: delete it if nothing else uses ${folder}.`);
}

/** A link comes with its content, unlike a file that is made and then written. */
async function linked(own: string, lock: string): Promise<boolean> {
  try {
    await link(own, lock);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/** Another run may have put its own lock there since we looked: then that one goes back. */
async function removeStale(lock: string, stale: string): Promise<void> {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    await rename(lock, aside);
    if ((await readIfThere(aside)) !== stale) await linked(aside, lock);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function releaseLock(lock: string, content: string): Promise<void> {
  if ((await readIfThere(lock)) === content) await rm(lock, { force: true });
}

async function isHeld(content: string): Promise<boolean> {
  const [pid, start] = content.trim().split(' ');
  return isAlive(Number(pid)) && (await startOf(Number(pid))) === start;
}

/** When a process began, in ticks since boot: tells it from a later one with the same id. `-` where Linux is not. */
async function startOf(pid: number): Promise<string> {
  const stat = await readIfThere(`/proc/${pid}/stat`);
  // The second field is the name, in brackets, and may hold anything; the start is the 22nd.
  return stat?.slice(stat.lastIndexOf(')')).split(' ')[20] ?? '-';
}

async function readIfThere(file: string): Promise<string | null> {
  return readFile(file, 'utf8').catch(() => null);
}

function inUse(folder: string, holder: string): StartFault {
  const [pid] = holder.split(' ');
  return new StartFault(
    `Another run (process ${pid}) uses ${folder}: stop it first, or choose another folder with DATA_DIR.`,
  );
}
