import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import {
  hasRedisServer,
  type OwnPostgres,
  type OwnRedis,
  startOwnPostgres,
  startOwnRedis,
} from '../../tests/chaos/own-stores.ts';
import { type Child, startChild } from './child.ts';

export type Backend = 'redis' | 'postgres';

/** Where the queue can live here. */
export function backends(): Backend[] {
  return hasRedisServer() ? ['redis', 'postgres'] : ['postgres'];
}

/** Jobs that are being submitted at the same time. */
const SUBMITS_AT_ONCE = 32;
const MAIN = 'dist/main.js';
const UPSTREAM = fileURLToPath(new URL('./upstream-server.js', import.meta.url));

/** The product as it is built, in processes of its own, with stores and a light upstream of its own. */
export type Service = {
  postgres: OwnPostgres;
  redis: OwnRedis | null;
  upstream: Child;
  upstreamUrl: string;
  apiUrl: string;
  startWorker(env?: Record<string, string>): Promise<Child>;
  /** POST /v1/jobs; throws unless it is accepted. */
  submit(body: Record<string, unknown>): Promise<void>;
  /** Submits `count` jobs, many at once. */
  submitMany(count: number, body: (n: number) => Record<string, unknown>): Promise<void>;
  count(condition: string): Promise<number>;
  stop(): Promise<void>;
};

/** @param turnMs how long a turn takes upstream; 0: until the upstream is told to finish. */
export async function startService(
  backend: Backend,
  options: { turnMs: number; env?: Record<string, string> },
): Promise<Service> {
  const postgres = await startOwnPostgres();
  const redis = backend === 'redis' ? await startOwnRedis() : null;
  const upstream = await startChild(UPSTREAM, [], { TURN_MS: String(options.turnMs) });
  const upstreamUrl = String(upstream.ready.url);
  const dataDir = await mkdtemp(path.join(tmpdir(), 'reelay-bench-data-'));
  const key = `rk_${randomBytes(16).toString('base64url')}`;
  const env = {
    DATABASE_URL: postgres.url,
    ...(redis ? { REDIS_URL: redis.url } : {}),
    NEMO_API_URL: upstreamUrl,
    BOOTSTRAP_API_KEY: key,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    PORT: '0',
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    LOG_LEVEL: process.env.BENCH_LOG ?? 'error',
    SUBMIT_RATE_LIMIT: '1000000/1s',
    TENANT_CONCURRENCY: '100000',
    WEBHOOK_ALLOW_HTTP: 'true',
    WEBHOOK_ALLOWED_SUBNETS: '127.0.0.0/8',
    ...options.env,
  };
  const api = await startChild(MAIN, ['api'], env);
  const apiUrl = String(api.ready.url);
  const workers: Child[] = [];
  const submit = async (body: Record<string, unknown>) => {
    const answer = await request(`${apiUrl}/v1/jobs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    const text = await answer.body.text();
    if (answer.statusCode !== 202) throw new Error(`not taken: ${answer.statusCode} ${text}`);
  };
  return {
    postgres,
    redis,
    upstream,
    upstreamUrl,
    apiUrl,
    async startWorker(more = {}) {
      const worker = await startChild(MAIN, ['worker'], { ...env, ...more }, { probed: true });
      workers.push(worker);
      return worker;
    },
    submit,
    async submitMany(count, body) {
      let next = 0;
      const loop = async () => {
        while (next < count) await submit(body(next++));
      };
      await Promise.all(Array.from({ length: SUBMITS_AT_ONCE }, loop));
    },
    async count(condition) {
      const [row] = await postgres.sql<{ jobs: number }>(`SELECT count(*)::int AS jobs FROM job WHERE ${condition}`);
      return row?.jobs ?? 0;
    },
    async stop() {
      for (const child of [...workers, api, upstream]) await child.stop();
      await redis?.stop();
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
