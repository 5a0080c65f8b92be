import { once } from 'node:events';
import { Redis } from 'ioredis';
import { inject } from 'vitest';
import { freePort } from '../../src/local/free-port.ts';
import { serveRedis } from './redis-server.ts';

export type TestRedis = {
  url: string;
  stop(): Promise<void>;
  /** Ends the server with all that it holds, and starts an empty one in its place; not for one that others gave us. */
  outage: { begin(): Promise<void>; end(): Promise<void> } | null;
};

/** A Redis that nobody else uses: a server of its own, or, where the tests share one, a database of it for this test worker. */
export async function startRedis(): Promise<TestRedis> {
  const given = inject('redisUrl');
  if (!given) return spawnRedis();
  const url = new URL(given);
  url.pathname = `/${process.env.VITEST_POOL_ID ?? '0'}`;
  const client = new Redis(url.href);
  await client.flushdb();
  return { url: url.href, stop: async () => client.disconnect(), outage: null };
}

async function spawnRedis(): Promise<TestRedis> {
  const port = await freePort();
  let server = await serveRedis({ port });
  const stop = async () => {
    const exited = once(server, 'exit');
    server.kill('SIGTERM');
    await exited;
  };
  const end = async () => {
    server = await serveRedis({ port });
  };
  return { url: `redis://127.0.0.1:${port}`, stop, outage: { begin: stop, end } };
}
