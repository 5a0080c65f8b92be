import { awaitAssets } from './lib/assets/await-assets.ts';
import { StoreMissing, StoreRefused, type Wait } from './lib/await-store.ts';
import { type Config, ConfigError, readConfig } from './lib/config.ts';
import { configSummary } from './lib/config-summary.ts';
import { awaitDatabase } from './lib/db/await-database.ts';
// At the start: a fault that cannot be armed must not be found out later.
import './lib/fault-point.ts';
import { createLogger, type Logger } from './lib/logger.ts';
import { type Half, mostConnections } from './lib/pool-sizes.ts';
import { awaitQueue } from './lib/queue/await-queue.ts';
import { SkillError } from './lib/skills.ts';
import { startTracing } from './lib/start-tracing.ts';
import { misplacedTestOnly } from './lib/test-only.ts';
import { isUntrusted } from './lib/untrusted.ts';
import { VERSION } from './lib/version.ts';
import { migrate } from './migrate.ts';
import { KeyMissing, reseal } from './reseal.ts';

/** No such user, wrong password, no such database (PostgreSQL, appendix A). */
const DATABASE_REFUSES = /^(28...|3D000)$/;

/** Their messages say what to do. */
const FOR_OPERATORS = [ConfigError, KeyMissing, SkillError, StoreMissing, StoreRefused];

type Running = { url?: string | undefined; stop(): Promise<void> };
type Start = (config: Config, log: Logger) => Promise<Running>;

/** A role loads its half of the program alone: the other is half a second of its start. */
const startApi: Start = async (...known) => (await import('./api/start.ts')).startApi(...known);
const startWorkers: Start = async (...known) => (await import('./workers/start.ts')).startWorkers(...known);

/** What one process can be; the same program for all. */
const ROLES: Record<string, { halves: Half[]; start: Start }> = {
  api: { halves: ['api'], start: startApi },
  worker: { halves: ['worker'], start: startWorkers },
  all: { halves: ['api', 'worker'], start: startAll },
};

/** What one process can do and be done with. */
const TASKS: Record<string, (config: Config, wait: Wait) => Promise<void>> = {
  async migrate({ DATABASE_URL: databaseUrl, QUEUE_STORE: { redis } }, wait) {
    await awaitDatabase(databaseUrl, { migrated: false }, wait);
    await migrate(databaseUrl, { queueSchema: redis === undefined });
  },
  async reseal({ DATABASE_URL: databaseUrl, ENCRYPTION_KEY, ENCRYPTION_KEYS_OTHER }, wait) {
    await awaitDatabase(databaseUrl, { migrated: true }, wait);
    wait.log.info(await reseal(databaseUrl, ENCRYPTION_KEY, ENCRYPTION_KEYS_OTHER), 'sealed anew');
  },
};

/** Runs one role until a signal, or until the parent that started it with an IPC channel is gone. */
async function main(role: string): Promise<void> {
  const misplaced = misplacedTestOnly(process.env);
  if (misplaced.length > 0) throw new ConfigError(`${misplaced.join(', ')}: only for tests (NODE_ENV=test)`);
  const config = readConfig(process.env);
  const log = createLogger(config.LOG_LEVEL, role);
  log.info({ version: VERSION, settings: configSummary(process.env) }, 'starts');
  const wait = { limitMs: config.START_TIMEOUT, log };
  const end = endWhenTold(log);
  const task = TASKS[role];
  if (task) return task(config, wait).then(() => end.now('done'));
  const known = ROLES[role];
  if (!known) throw new ConfigError(`usage: main.js ${Object.keys({ ...ROLES, ...TASKS }).join(' | ')}`);
  await awaitDatabase(config.DATABASE_URL, { migrated: true }, wait);
  // The API takes jobs without the queue: only those who work wait for it.
  if (role !== 'api') await awaitQueue(config.QUEUE_STORE, wait);
  await awaitAssets(config.ASSET_STORE, wait);
  log.info(mostConnections(known.halves, config), 'connections to Postgres at most');
  const traces = await startTracing(config, role, log);
  const running = await known.start(config, log);
  end.by(() => running.stop().finally(() => traces?.stop()));
  process.send?.({ type: 'ready', url: running.url });
}

/**
 * Ends this process at SIGTERM, SIGINT, or when its parent is gone: in order once it is told how (`by`), at once before
 * that, and at once when it is told a second time.
 */
function endWhenTold(log: Logger) {
  let stop: (() => Promise<void>) | null = null;
  let stopping = false;
  const now = (reason: string) => {
    // Who asks twice does not want to wait; what has not begun has nothing to hand over.
    if (stopping || stop === null) process.exit(stopping ? 1 : 0);
    stopping = true;
    log.info({ reason }, 'stopping');
    stop().then(
      () => process.exit(0),
      (error) => {
        log.error({ err: error }, 'did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', now);
  process.on('SIGINT', now);
  process.once('disconnect', () => now('parent is gone'));
  return {
    now,
    by(how: () => Promise<void>) {
      stop = how;
    },
  };
}

/** API and workers in one process: enough for one small machine. */
async function startAll(config: Config, log: Logger): Promise<Running> {
  const workers = await startWorkers(config, log);
  try {
    const api = await startApi(config, log);
    return { url: api.url, stop: () => Promise.all([api.stop(), workers.stop()]).then(() => undefined) };
  } catch (error) {
    await workers.stop();
    throw error;
  }
}

/** One sentence for what an operator can put right; the whole error for what only a developer can. */
function explain(error: unknown): string {
  if (FOR_OPERATORS.some((kind) => error instanceof kind)) return (error as Error).message;
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is in use: stop what listens there, or choose another with PORT.`;
  if (code !== undefined && DATABASE_REFUSES.test(code)) return `The database refuses DATABASE_URL: ${error.message}`;
  // Redis and the store of the files speak for themselves.
  if (isUntrusted(error))
    return `The certificate of the database is not trusted (sslrootcert in DATABASE_URL, or NODE_EXTRA_CA_CERTS): ${error.message}`;
  return error.stack ?? error.message;
}

main(process.argv[2] ?? '').then(undefined, (error) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});
