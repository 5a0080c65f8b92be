import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { checkPortIsFree } from './check-port.ts';
import { type Child, type ChildOptions, startChild } from './child.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';
import { lockFolder } from './folder-lock.ts';
import { clientAddress, readyText } from './ready-text.ts';
import type { RunningParts, Stage } from './running-parts.ts';
import { readSecrets } from './secrets.ts';
import { maskPasswords, StartFault, sentenceOf } from './start-fault.ts';
import { type Environment, readTrySettings, type TrySettings } from './try-environment.ts';
import { within } from './within.ts';

/** Beyond `DRAIN_TIMEOUT`, for handing over what could not be finished (10 s at most) and closing. In ms. */
const AFTER_DRAIN_MS = 20_000;
/** The sandbox has nothing to save. */
const SANDBOX_STOP_LIMIT_MS = 5_000;
/** Our migrations take a second; another process may hold the migration lock for a while. */
const MIGRATION_LIMIT_MS = 60_000;
/** A service that has to be started again more often has a fault that a start does not mend. */
const MAX_RESTARTS = 20;
/** Others may enter but not list: Postgres may run as another user; what is secret has its own mode. */
const DATA_DIR_MODE = 0o711;

export type TryDeps = {
  /** Brings the database up to date. */
  migrate(databaseUrl: string, options: { queueSchema: boolean }): Promise<void>;
  /** The script and its arguments of each process. */
  programs: { api: readonly string[]; worker: readonly string[]; sandbox: readonly string[] };
  env: Record<string, string | undefined>;
  cwd: string;
  /** Tells the user something while it runs. */
  say(text: string): void;
};

/** The state of one run: `over` is aborted, with the reason, when it has to end. */
type Run = TryDeps & { settings: TrySettings; parts: RunningParts; over: AbortController };

/** One process of a run. `stopLimitMs`: how long it may take to end in order. */
type Process = { name: string; command: readonly string[]; env: Environment; stage: Stage; stopLimitMs: number };

/**
 * Starts everything and gives the text to show. What runs is in `parts`. `over` ends a start that is under way, and is
 * aborted with a StartFault when a part dies later and is not started again. Throws errors whose message is for the user.
 */
export async function runTry(deps: TryDeps, parts: RunningParts, over: AbortController): Promise<string> {
  const begin = performance.now();
  const settings = readTrySettings(deps.env, deps.cwd);
  const { dataDir, env } = settings;
  const run: Run = { ...deps, settings, parts, over };
  await mkdir(path.join(dataDir, 'logs'), { recursive: true, mode: DATA_DIR_MODE });
  const lock = await lockFolder(dataDir);
  // The next run takes over what a killed one leaves.
  parts.add('folder', { stop: lock.release, kill: () => undefined });
  await checkPortIsFree(settings.port, settings.host);
  const secrets = await readSecrets(env, dataDir);
  over.signal.throwIfAborted();
  const [database, upstream] = await Promise.allSettled([findDatabase(run), findUpstream(run)]);
  const [databaseUrl, upstreamUrl] = [valueOrThrow(database), valueOrThrow(upstream)];
  await migrated(run, databaseUrl);
  const service = {
    env: { ...env, ...secrets, DATABASE_URL: databaseUrl, NEMO_API_URL: upstreamUrl },
    stage: 'services',
    stopLimitMs: settings.drainMs + AFTER_DRAIN_MS,
  } as const;
  const [apiUrl] = await Promise.all([
    startService(run, { ...service, name: 'API', command: deps.programs.api }),
    startService(run, { ...service, name: 'worker', command: deps.programs.worker }),
  ]);
  return readyText({
    address: clientAddress(apiUrl ?? `http://127.0.0.1:${settings.port}`),
    apiKey: secrets.BOOTSTRAP_API_KEY,
    upstream: { url: upstreamUrl, isSandbox: !env.NEMO_API_URL },
    database: env.DATABASE_URL ? maskPasswords(databaseUrl) : `Postgres in ${path.join(dataDir, 'postgres')}`,
    dataDir,
    logDir: path.join(dataDir, 'logs'),
    seconds: (performance.now() - begin) / 1000,
  });
}

async function findDatabase({ settings, parts, over }: Run): Promise<string> {
  const { env, dataDir } = settings;
  if (env.DATABASE_URL) return env.DATABASE_URL;
  const server = await startEmbeddedPostgres({
    dataDir: path.join(dataDir, 'postgres'),
    signal: over.signal,
    onExit: (reason) =>
      over.abort(new StartFault(`Postgres ended (${reason}): its log is ${path.join(dataDir, 'postgres.log')}.`)),
  });
  parts.add('database', server);
  return server.url;
}

async function findUpstream(run: Run): Promise<string> {
  const { env } = run.settings;
  if (env.NEMO_API_URL) return env.NEMO_API_URL;
  const sandbox: Process = {
    name: 'sandbox',
    command: run.programs.sandbox,
    env,
    stage: 'upstream',
    stopLimitMs: SANDBOX_STOP_LIMIT_MS,
  };
  const onDeath = (sentence: string) => run.over.abort(new StartFault(sentence));
  const url = await startProcess(run, sandbox, onDeath).ready(run.over.signal);
  if (url === null) throw new StartFault('The sandbox did not say where it listens: this is a fault of Reelay.');
  return url;
}

async function migrated({ settings, migrate, over }: Run, databaseUrl: string): Promise<void> {
  const where = maskPasswords(databaseUrl);
  const queueSchema = !settings.env.REDIS_URL;
  const tooLong = `The database ${where} could not be brought up to date in ${MIGRATION_LIMIT_MS / 1000} s: another process may hold its migration lock.`;
  try {
    await within(MIGRATION_LIMIT_MS, over.signal, migrate(databaseUrl, { queueSchema }), tooLong);
  } catch (error) {
    if (error instanceof StartFault || over.signal.aborted) throw error;
    throw new StartFault(`The database ${where} cannot be used: ${sentenceOf(error).replace(/\.$/, '')}.`);
  }
}

/**
 * API and worker are started again when they die: nothing is lost by it, and that is worth seeing. One that dies
 * before it is ready, or too often, ends the run.
 */
function startService(run: Run, service: Process, restarts = 0): Promise<string | null> {
  const child = startProcess(run, service, (sentence, wasReady) => {
    if (!wasReady || restarts === MAX_RESTARTS) return run.over.abort(new StartFault(sentence));
    run.say(`${sentence} It is started again.\n`);
    startService(run, service, restarts + 1).catch((error: unknown) => run.over.abort(error));
  });
  return child.ready(run.over.signal);
}

function startProcess(
  { settings, parts, over }: Run,
  { name, command, env, stage, stopLimitMs }: Process,
  onDeath: ChildOptions['onDeath'],
): Child {
  over.signal.throwIfAborted();
  const logFile = path.join(settings.dataDir, 'logs', `${name.toLowerCase()}.log`);
  const child = startChild({ name, command, env, logFile, onDeath });
  parts.add(stage, { stop: () => child.stop(stopLimitMs), kill: () => child.kill() });
  return child;
}

function valueOrThrow<T>(result: PromiseSettledResult<T>): T {
  if (result.status === 'rejected') throw result.reason;
  return result.value;
}
