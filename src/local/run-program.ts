import { spawn } from 'node:child_process';

/** How a program is run: as what, where. A spawn wrapper such as `unshare` stands before the program's own name. */
export type ProgramUser = { prefix: readonly string[]; ids?: { uid: number; gid: number } };
export const OURSELVES: ProgramUser = { prefix: [] };

/** What a program that has ended left behind. `code` is null where it could not be run at all, or was killed. */
export type ProgramResult = { code: number | null; stdout: string; stderr: string };

/** How much of a program's output is kept, in characters: enough for every message, bounded against a flood. */
const KEPT_OUTPUT = 64_000;

/** Runs a program to its end, or kills it after `timeoutMs` or on `signal`. Never throws. */
export function runProgram(
  user: ProgramUser,
  command: readonly [string, ...string[]],
  options: { cwd: string; timeoutMs: number; signal?: AbortSignal | undefined },
): Promise<ProgramResult> {
  const [program, args] = withPrefix(user, command);
  return new Promise((resolve) => {
    let stdout = '';
    let stderr = '';
    const notRun = (cause: unknown) => resolve({ code: null, stdout, stderr: String(cause) });
    try {
      const child = spawn(program, args, {
        ...user.ids,
        cwd: options.cwd,
        env: plainEnvironment(),
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: options.timeoutMs,
        signal: options.signal,
        killSignal: 'SIGKILL',
        windowsHide: true,
      });
      child.once('error', (error) => notRun(error.message));
      child.once('close', (code) => resolve({ code, stdout, stderr }));
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        stdout = (stdout + text).slice(-KEPT_OUTPUT);
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        stderr = (stderr + text).slice(-KEPT_OUTPUT);
      });
    } catch (cause) {
      // spawn throws at once for some faults, among them a binary of another architecture (ENOEXEC).
      notRun(cause instanceof Error ? cause.message : cause);
    }
  });
}

/** The program to spawn and its arguments, with the wrapper in front. */
export function withPrefix(user: ProgramUser, command: readonly [string, ...string[]]): [string, string[]] {
  const [first, ...rest] = [...user.prefix, ...command];
  return [first ?? command[0], rest];
}

/** English messages (they are read), and neither the user's PG* settings nor our secrets. */
export function plainEnvironment(): Record<string, string> {
  const kept = ['PATH', 'SYSTEMROOT', 'TEMP', 'TMP', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(kept), LC_ALL: 'C' };
}
