import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/local/embedded-postgres.ts';
import { migrate } from '../../src/migrate.ts';
import { serveRedis } from '../support/redis-server.ts';
import { stablePort } from './stable-port.ts';

/** A store that only one scenario uses, so that it may be killed. */
type OwnStore = {
  url: string;
  /** Ends it at once, without a farewell to anybody, and starts it again on what it has written. */
  crash(): Promise<void>;
  stop(): Promise<void>;
};
export type OwnPostgres = OwnStore & { sql<Row>(text: string, values?: unknown[]): Promise<Row[]> };
export type OwnRedis = OwnStore & { wipe(): Promise<void> };

/** A migrated Postgres, with the durability of a real one: a commit that was answered survives a crash. */
export async function startOwnPostgres(): Promise<OwnPostgres> {
  const folder = await mkdtemp(path.join(tmpdir(), 'reelay-chaos-'));
  const dataDir = path.join(folder, 'postgres');
  const port = await stablePort();
  let ended: (reason: string) => void = () => undefined;
  const start = () => startEmbeddedPostgres({ dataDir, port, onExit: (reason) => ended(reason) });
  let server = await start();
  const { url } = server;
  await migrate(url, { queueSchema: true });
  const pool = new pg.Pool({ connectionString: url, max: 4 });
  pool.on('error', () => undefined);
  return {
    url,
    async sql<Row>(text: string, values: unknown[] = []) {
      return (await pool.query(text, values)).rows as Row[];
    },
    async crash() {
      const gone = new Promise<string>((resolve) => {
        ended = resolve;
      });
      server.kill();
      await gone;
      server = await start();
    },
    async stop() {
      await pool.end();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whether there is a redis-server to start. */
export function hasRedisServer(): boolean {
  return spawnSync('redis-server', ['--version']).status === 0;
}

/** A Redis that keeps nothing on disk: a crash is a wipe. */
export async function startOwnRedis(): Promise<OwnRedis> {
  const port = await stablePort();
  const url = `redis://127.0.0.1:${port}`;
  let server = await serveRedis({ port });
  const end = async (signal: NodeJS.Signals) => {
    const exited = once(server, 'exit');
    server.kill(signal);
    await exited;
  };
  return {
    url,
    async wipe() {
      const client = new Redis(url);
      await client.flushall();
      client.disconnect();
    },
    async crash() {
      await end('SIGKILL');
      server = await serveRedis({ port });
    },
    stop: () => end('SIGTERM'),
  };
}
