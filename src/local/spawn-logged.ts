import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';

/** How much of the end of a log is read, in bytes: a start failure is a line or two, a stack trace a few thousand. */
const TAIL_BYTES = 64_000;

/** A process and its log. `said`: the end of what it has logged, '' where there is nothing to read. Never throws. */
export type LoggedProcess = { child: ChildProcess; said(): Promise<string> };

/**
 * Starts a process whose output is appended to a log that is the owner's alone. It has a process group of its own: Ctrl-C
 * in the terminal reaches us, and we end what we have started in order. `ipc`: with a channel to us.
 */
export function spawnLogged(
  command: { program: string; args: readonly string[] },
  options: { logFile: string; env: Record<string, string>; ipc: boolean; cwd?: string; uid?: number; gid?: number },
): LoggedProcess {
  const { logFile, ipc, ...spawned } = options;
  const log = openSync(logFile, 'a', 0o600);
  const start = fstatSync(log).size;
  try {
    const child = spawn(command.program, command.args, {
      ...spawned,
      stdio: ['ignore', log, log, ...(ipc ? ['ipc' as const] : [])],
      detached: true,
      windowsHide: true,
    });
    return { child, said: () => tailOf(logFile, start).catch(() => '') };
  } finally {
    closeSync(log);
  }
}

async function tailOf(logFile: string, start: number): Promise<string> {
  const file = await open(logFile, 'r');
  try {
    const { size } = await file.stat();
    const from = Math.max(start, size - TAIL_BYTES);
    if (size <= from) return '';
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
