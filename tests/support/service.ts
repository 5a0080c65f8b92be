import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { inject } from 'vitest';
import { type Api, startApi } from '../../src/api/start.ts';
import { readConfig } from '../../src/lib/config.ts';
import { createLogger, type Logger } from '../../src/lib/logger.ts';
import { startWorkers, type Workers } from '../../src/workers/start.ts';
import { type Client, createClient } from './client.ts';
import { contractOf } from './contract.ts';
import { createDatabase, type TestDatabase } from './database.ts';
import { startRedis, type TestRedis } from './redis.ts';
import { startTestSandbox, type TestSandbox } from './sandbox.ts';

/** Everything at the pace of a test: waits of a second in the contract are milliseconds here. */
const TEST_PACE = {
  RENDER_POLL_INTERVAL: '50ms',
  RECOVERY_DELAYS: '100ms,200ms,300ms,500ms,1s',
  RATE_LIMIT_RETRY_DELAY: '100ms',
  DRAIN_TIMEOUT: '2s',
  SUBMIT_RATE_LIMIT: '100000/60s',
  WEBHOOK_RETRY_SCHEDULE: '0s,50ms,50ms',
  WEBHOOK_ALLOW_HTTP: 'true',
  WEBHOOK_ALLOWED_SUBNETS: '127.0.0.0/8',
} as const;

export type TestService = {
  url: string;
  client: Client;
  sandbox: TestSandbox;
  database: TestDatabase;
  /** Only in the Redis project. */
  redis: TestRedis | null;
  env: Record<string, string>;
  startWorkers(): Promise<Workers>;
  stop(): Promise<void>;
};

/** API, worker and sandbox in this process, on a database (and, in the Redis project, a Redis) of their own. */
export async function startService(
  options: {
    env?: Record<string, string>;
    workers?: boolean;
    sandbox?: Parameters<typeof startTestSandbox>[0];
    /** In place of standard output. */
    log?: Logger;
  } = {},
): Promise<TestService> {
  const database = await createDatabase();
  const redis: TestRedis | null = inject('backend') === 'redis' ? await startRedis() : null;
  const sandbox = await startTestSandbox(options.sandbox);
  const dataDir = await mkdtemp(path.join(tmpdir(), 'reelay-data-'));
  const apiKey = `rk_${randomBytes(16).toString('base64url')}`;
  const env: Record<string, string> = {
    ...TEST_PACE,
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    ...(redis ? { REDIS_URL: redis.url } : {}),
    NEMO_API_URL: sandbox.url,
    BOOTSTRAP_API_KEY: apiKey,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    PORT: '0',
    HOST: '127.0.0.1',
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    ...options.env,
  };
  const log = options.log ?? createLogger(env.LOG_LEVEL ?? 'silent', 'test');
  const api: Api = await startApi(readConfig(env), log);
  // Now, and not with the first answer: tests measure how long those take.
  await contractOf(api.url, JSON.stringify(options.env ?? {}));
  const started: Workers[] = [];
  const start = async () => {
    const workers = await startWorkers(readConfig(env), log);
    let stopping: Promise<void> | null = null;
    const stoppable: Workers = {
      ...workers,
      stop() {
        stopping ??= workers.stop();
        return stopping;
      },
    };
    started.push(stoppable);
    return stoppable;
  };
  if (options.workers !== false) await start();
  return {
    url: api.url,
    client: createClient(api.url, apiKey),
    sandbox,
    database,
    redis,
    env,
    startWorkers: start,
    async stop() {
      await Promise.all(started.map((workers) => workers.stop()));
      await api.stop();
      await sandbox.close();
      await redis?.stop();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
