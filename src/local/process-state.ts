import type { ChildProcess } from 'node:child_process';
import { hasCode } from './error-code.ts';

/** Whether there is a process with this id. A zombie counts until it is reaped. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM');
  }
}

/** Whether a child process of ours has neither ended nor failed to start. */
export function isRunning(child: ChildProcess): boolean {
  return child.pid !== undefined && child.exitCode === null && child.signalCode === null;
}
