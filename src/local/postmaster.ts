import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { EmbeddedPostgresError } from './postgres-error.ts';
import { readPostmasterFile } from './postmaster-file.ts';
import { isRunning } from './process-state.ts';
import { type ProgramUser, plainEnvironment, spawnUser, withPrefix } from './run-program.ts';
import { stopPostmaster } from './stop-postmaster.ts';
import { waitUntil } from './wait-until.ts';

/** After a crash Postgres first replays its log; with a small database that takes a second or two. */
const START_LIMIT_MS = 60_000;
/** Our pools and BullMQ's together, several processes; the default of 100 is too tight. */
const MAX_CONNECTIONS = 200;
/** How much of the log is searched for the reason of a failure, in bytes. */
const LOG_TAIL_BYTES = 64_000;

/** Fast and careless: for clusters that are thrown away. */
const THROWAWAY_SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

export type PostmasterOptions = {
  binaries: PostgresBinaries;
  user: ProgramUser;
  dataDir: string;
  port: number;
  throwaway: boolean;
  signal?: AbortSignal | undefined;
};

/** A server that takes connections. `exited` resolves with a few words when it has ended, for whatever reason. */
export type Postmaster = { pid: number; child: ChildProcess; exited: Promise<string> };

/** Starts the server and waits until it takes connections. Throws `start_failed` with Postgres's own reason, or `stopped`. */
export async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { dataDir, signal } = options;
  throwIfStopped(signal);
  const logFile = path.join(path.dirname(dataDir), 'postgres.log');
  const log = openSync(logFile, 'a', 0o600);
  const logStart = fstatSync(log).size;
  let child: ChildProcess;
  try {
    child = spawnPostgres(options, log);
  } finally {
    closeSync(log);
  }
  const exited = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, by) => resolve(by ? `killed by ${by}` : `exit code ${code}`));
  });
  // At once and in the same tick: whoever aborts may be about to exit.
  const abandon = () => child.kill('SIGQUIT');
  signal?.addEventListener('abort', abandon);
  await waitUntil(async () => !isRunning(child) || (await takesConnections(child, dataDir)), START_LIMIT_MS);
  signal?.removeEventListener('abort', abandon);

  if (!signal?.aborted && child.pid !== undefined && (await takesConnections(child, dataDir))) {
    return { pid: child.pid, child, exited };
  }
  const reason = isRunning(child) ? `not ready after ${START_LIMIT_MS / 1000} s` : await exited;
  if (child.pid !== undefined) await stopPostmaster(child.pid, () => isRunning(child), options.binaries);
  throwIfStopped(signal);
  throw new EmbeddedPostgresError(
    'start_failed',
    `Postgres does not start on ${dataDir}: ${(await lastFault(logFile, logStart)) ?? reason} (its log is ${logFile}).`,
  );
}

async function takesConnections(child: ChildProcess, dataDir: string): Promise<boolean> {
  const file = await readPostmasterFile(dataDir);
  return isRunning(child) && file?.pid === child.pid && file?.ready === true;
}

function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new EmbeddedPostgresError('stopped', 'Stopped while Postgres was starting.');
}

function spawnPostgres({ binaries, user, dataDir, port, throwaway }: PostmasterOptions, log: number): ChildProcess {
  const settings = [
    'listen_addresses=127.0.0.1',
    `port=${port}`,
    'unix_socket_directories=',
    `max_connections=${MAX_CONNECTIONS}`,
    'timezone=UTC',
    'log_timezone=UTC',
    'logging_collector=off',
    ...(throwaway ? THROWAWAY_SETTINGS : []),
  ].flatMap((setting) => ['-c', setting]);
  const [program, args] = withPrefix(user, [binaries.postgres, '-D', dataDir, ...settings]);
  return spawn(program, args, {
    ...spawnUser(user),
    cwd: path.dirname(binaries.postgres),
    env: plainEnvironment(),
    stdio: ['ignore', log, log],
    // A process group of its own: Ctrl-C in the terminal must not reach it before its clients are done.
    detached: true,
    windowsHide: true,
  });
}

/** The last FATAL or PANIC in the part of the log from `start` on, with the detail that follows it; null without one. */
async function lastFault(logFile: string, start: number): Promise<string | null> {
  const file = await open(logFile, 'r');
  try {
    const { size } = await file.stat();
    const from = Math.max(start, size - LOG_TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - from), 0, size - from, from);
    return faultIn(buffer.toString('utf8', 0, bytesRead));
  } finally {
    await file.close();
  }
}

/** The last FATAL or PANIC message of a Postgres log (or what it said before it had a log), with its DETAIL. */
export function faultIn(log: string): string | null {
  const lines = log.split('\n');
  const index = lines.findLastIndex((line) => /(FATAL|PANIC): |^postgres: /.test(line));
  const fault = lines[index]?.match(/(?:FATAL: |PANIC: |^postgres:) (.*)$/)?.[1];
  if (fault === undefined) return null;
  const following = lines.slice(index + 1, index + 3).join('\n');
  const detail = following.match(/DETAIL: {2}(.*)$/m)?.[1];
  return detail ? `${fault}; ${detail}` : fault;
}
