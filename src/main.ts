import { startApi } from './api/start.ts';
import { type Config, ConfigError, readConfig } from './lib/config.ts';
import { createLogger, type Logger } from './lib/logger.ts';
import { SkillError } from './lib/skills.ts';
import { startTracing } from './lib/start-tracing.ts';
import { misplacedTestOnly } from './lib/test-only.ts';
import { migrate } from './migrate.ts';
import { startWorkers } from './workers/start.ts';

/** What one process can be; the same program for all. */
const ROLES: Record<string, (config: Config, log: Logger) => Promise<{ url?: string; stop(): Promise<void> }>> = {
  api: startApi,
  worker: startWorkers,
};

/** Runs one role until a signal, or until the parent that started it with an IPC channel is gone. */
async function main(role: string): Promise<void> {
  const misplaced = misplacedTestOnly(process.env);
  if (misplaced.length > 0) throw new ConfigError(`${misplaced.join(', ')}: only for tests (NODE_ENV=test)`);
  const config = readConfig(process.env);
  if (role === 'migrate') return migrate(config.DATABASE_URL, { queueSchema: config.REDIS_URL === undefined });
  const start = ROLES[role];
  if (!start) throw new ConfigError(`usage: main.js ${[...Object.keys(ROLES), 'migrate'].join(' | ')}`);
  const log = createLogger(config.LOG_LEVEL, role);
  const traces = await startTracing(config, role, log);
  const running = await start(config, log);
  process.send?.({ type: 'ready', url: running.url });

  let stopping = false;
  const stop = (reason: string) => {
    // Who asks twice does not want to wait.
    if (stopping) process.exit(1);
    stopping = true;
    log.info({ reason }, 'stopping');
    const stopped = running.stop().finally(() => traces?.stop());
    stopped.then(
      () => process.exit(0),
      (error) => {
        log.error({ err: error }, 'did not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  process.once('disconnect', () => stop('parent is gone'));
  // It may have gone while we started.
  if (process.send && !process.connected) stop('parent is gone');
}

/** One sentence for what an operator can put right; the whole error for what only a developer can. */
function explain(error: unknown): string {
  if (error instanceof ConfigError || error instanceof SkillError) return error.message;
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE') return `Port ${port} is in use: stop what listens there, or choose another with PORT.`;
  if (code === 'ECONNREFUSED' || code === 'ENOTFOUND') return `The database cannot be reached: ${error.message}`;
  return error.stack ?? error.message;
}

main(process.argv[2] ?? '').then(undefined, (error) => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
});
