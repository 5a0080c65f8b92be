import type { ChildProcess } from 'node:child_process';
import path from 'node:path';
import { faultIn } from './last-words.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { EmbeddedPostgresError } from './postgres-error.ts';
import { readPostmasterFile } from './postmaster-file.ts';
import { isRunning } from './process-state.ts';
import { type ProgramUser, plainEnvironment, withPrefix } from './run-program.ts';
import { spawnLogged } from './spawn-logged.ts';
import { stopPostmaster } from './stop-postmaster.ts';
import { waitUntil } from './wait-until.ts';

/** After a crash Postgres first replays its log; with a small database that takes a second or two. */
const START_LIMIT_MS = 60_000;
/** Our pools and BullMQ's together, several processes; the default of 100 is too tight. */
const MAX_CONNECTIONS = 200;
/** Fast and careless, for many services at once: for clusters that are thrown away. */
const THROWAWAY_SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=500'];

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
  const { child, said } = spawnPostgres(options, logFile);
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
    `Postgres does not start on ${dataDir}: ${faultIn(await said()) ?? reason} (its log is ${logFile}).`,
  );
}

async function takesConnections(child: ChildProcess, dataDir: string): Promise<boolean> {
  const file = await readPostmasterFile(dataDir);
  return isRunning(child) && file?.pid === child.pid && file?.ready === true;
}

function throwIfStopped(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new EmbeddedPostgresError('stopped', 'Stopped while Postgres was starting.');
}

function spawnPostgres({ binaries, user, dataDir, port, throwaway }: PostmasterOptions, logFile: string) {
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
  return spawnLogged(
    { program, args },
    { ...user.ids, logFile, cwd: path.dirname(binaries.postgres), env: plainEnvironment(), ipc: false },
  );
}
