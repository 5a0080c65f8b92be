import { spawn } from 'node:child_process';
import path from 'node:path';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { waitUntil } from './wait-until.ts';

/** A fast shutdown rolls back, writes a checkpoint and is done; on a loaded disk that may take seconds. */
const FAST_LIMIT_MS = 10_000;
/** An immediate shutdown writes nothing. */
const IMMEDIATE_LIMIT_MS = 5_000;
/** The kernel needs a moment to end even a killed process. */
const KILL_LIMIT_MS = 5_000;

/** Ends a server in order, then with force. False when it is still there, which means that it may not be signalled. */
export async function stopPostmaster(
  pid: number,
  isRunning: () => boolean | Promise<boolean>,
  binaries: PostgresBinaries,
): Promise<boolean> {
  const steps = [
    { signal: 'SIGINT', limitMs: FAST_LIMIT_MS },
    { signal: 'SIGQUIT', limitMs: IMMEDIATE_LIMIT_MS },
    { signal: 'SIGKILL', limitMs: KILL_LIMIT_MS },
  ] as const;
  for (const { signal, limitMs } of steps) {
    if (!(await isRunning())) return true;
    signalPostgres(pid, signal, binaries);
    if (await waitUntil(async () => !(await isRunning()), limitMs)) return true;
  }
  return false;
}

/** Windows has no signals; Postgres brings its own, which only its own program can send. */
function signalPostgres(pid: number, signal: NodeJS.Signals, binaries: PostgresBinaries): void {
  if (process.platform === 'win32') {
    spawn(binaries.pgCtl, ['kill', signal.replace('SIG', ''), String(pid)], {
      cwd: path.dirname(binaries.pgCtl),
      stdio: 'ignore',
      windowsHide: true,
    }).once('error', ignoreGone);
    return;
  }
  try {
    process.kill(pid, signal);
  } catch (error) {
    ignoreGone(error);
  }
}

/** It ended between the look and the signal, or is not ours: the caller looks again either way. */
function ignoreGone(_error: unknown): void {
  return;
}
