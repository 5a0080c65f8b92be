import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import type pg from 'pg';
import { onOneConnection } from '../one-connection.ts';
import { freePort } from './free-port.ts';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { CLUSTER_USER, prepareCluster } from './postgres-cluster.ts';
import { EmbeddedPostgresError } from './postgres-error.ts';
import { choosePostgresUser } from './postgres-user.ts';
import { type Postmaster, type PostmasterOptions, startPostmaster } from './postmaster.ts';
import { removeForeignPostmasterFile, runningPostmaster } from './postmaster-file.ts';
import { isAlive, isRunning } from './process-state.ts';
import { stopPostmaster } from './stop-postmaster.ts';

const DATABASE = 'reelay';
/** A free port can be taken by another process before Postgres has it; three times in a row is no accident. */
const PORT_ATTEMPTS = 3;
/** Others may enter but not list: an unprivileged user that runs Postgres for root has to get to its own folder. */
const PARENT_MODE = 0o711;

export type EmbeddedPostgresOptions = {
  dataDir: string;
  /** 0 or absent: a free one. */
  port?: number;
  /** No fsync: for tests. A crash of the machine may cost the data. */
  throwaway?: boolean;
  /** Ends a start that is under way; afterwards it has no effect. */
  signal?: AbortSignal;
  /** Called once when the server ends without `stop()`. */
  onExit?: (reason: string) => void;
};

/** A running server. `url` is the database `reelay`, `adminUrl` the database `postgres` of the same server. */
export type EmbeddedPostgres = {
  url: string;
  adminUrl: string;
  pid: number;
  /** Ends it in order; throws `still_running`. */
  stop(): Promise<void>;
  /** Ends it in the same tick, without writing anything: the next start replays its log. */
  kill(): void;
};

/**
 * Starts Postgres on `dataDir` (made on first use; log and password file stand beside it), on 127.0.0.1 only. A server
 * that a killed run has left on this folder is stopped first. Throws an EmbeddedPostgresError or a StartFault,
 * each with one sentence.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const binaries = await findPostgresBinaries();
  const dataDir = await absoluteFolder(options.dataDir);
  await stopLeftover(dataDir, binaries);
  const user = await choosePostgresUser(binaries, dataDir);
  const { signal } = options;
  const password = await prepareCluster({ binaries, user, dataDir, signal });
  const throwaway = options.throwaway ?? false;
  const server = await startOnPort({ binaries, user, dataDir, throwaway, signal }, options.port ?? 0);
  const urlOf = (database: string) => `postgresql://${CLUSTER_USER}:${password}@127.0.0.1:${server.port}/${database}`;

  let stopped: Promise<boolean> | null = null;
  const stop = async () => {
    stopped ??= stopPostmaster(server.pid, () => isRunning(server.child), binaries);
    if (!(await stopped)) {
      throw new EmbeddedPostgresError('still_running', `Postgres (process ${server.pid}) does not end.`);
    }
  };
  try {
    await onOneConnection(urlOf('postgres'), makeDatabase);
  } catch (cause) {
    await stop();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new EmbeddedPostgresError('start_failed', `Postgres on ${dataDir} cannot be used: ${reason}.`, cause);
  }
  void server.exited.then((reason) => {
    if (stopped === null) options.onExit?.(reason);
  });
  return {
    url: urlOf(DATABASE),
    adminUrl: urlOf('postgres'),
    pid: server.pid,
    stop,
    kill: () => void server.child.kill('SIGQUIT'),
  };
}

/** The parent is made; links are followed, because Postgres and /proc speak of the real folder. */
async function absoluteFolder(dataDir: string): Promise<string> {
  const parent = path.dirname(path.resolve(dataDir));
  await mkdir(parent, { recursive: true, mode: PARENT_MODE });
  return path.join(await realpath(parent), path.basename(path.resolve(dataDir)));
}

async function stopLeftover(dataDir: string, binaries: PostgresBinaries): Promise<void> {
  const pid = await runningPostmaster(dataDir);
  if (pid === null) return removeForeignPostmasterFile(dataDir);
  const ended = await stopPostmaster(
    pid,
    async () => isAlive(pid) && (await runningPostmaster(dataDir)) === pid,
    binaries,
  );
  if (ended) return;
  throw new EmbeddedPostgresError(
    'still_running',
    `Another Postgres (process ${pid}) still runs on ${dataDir} and does not end: stop it, or choose another folder with DATA_DIR.`,
  );
}

async function startOnPort(
  options: Omit<PostmasterOptions, 'port'>,
  wanted: number,
): Promise<Postmaster & { port: number }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = wanted || (await freePort());
    try {
      return { ...(await startPostmaster({ ...options, port })), port };
    } catch (error) {
      const portTaken = error instanceof Error && error.message.includes('could not create any TCP/IP sockets');
      if (!portTaken || wanted || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function makeDatabase(client: pg.Client): Promise<void> {
  const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
  if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
}
