import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { freePort } from '../../src/local/free-port.ts';
import { serveRedis, serveSentinel } from '../support/redis-server.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

// Only servers that we start can be taken down.
const ours = inject('backend') === 'redis' && process.env.REDIS_URL === undefined;

const PASSWORD = 'of-redis';
const SENTINEL_PASSWORD = 'of-the-sentinel';

let folder: string;
let ports: { master: number; replica: number; sentinel: number };
let master: ChildProcess;
const servers: ChildProcess[] = [];
let service: TestService;

beforeAll(async () => {
  if (!ours) return;
  folder = await mkdtemp(path.join(tmpdir(), 'reelay-sentinel-'));
  ports = { master: await freePort(), replica: await freePort(), sentinel: await freePort() };
  // A replica takes over what the master has by way of a file.
  const common = { dir: folder, requirepass: PASSWORD, masterauth: PASSWORD, 'repl-diskless-sync-delay': 0 };
  master = await serveRedis({ ...common, port: ports.master });
  servers.push(master);
  servers.push(await serveRedis({ ...common, port: ports.replica, replicaof: `127.0.0.1 ${ports.master}` }));
  // A sentinel looks for replicas when it begins, and then every ten seconds.
  await replicaIs(/master_link_status:up/);
  const file = path.join(folder, 'sentinel.conf');
  const settings = [
    `port ${ports.sentinel}`,
    'bind 127.0.0.1',
    `requirepass ${SENTINEL_PASSWORD}`,
    `sentinel monitor films 127.0.0.1 ${ports.master} 1`,
    `sentinel auth-pass films ${PASSWORD}`,
    'sentinel down-after-milliseconds films 500',
    'sentinel failover-timeout films 2000',
  ];
  await writeFile(file, settings.join('\n'));
  servers.push(await serveSentinel(file));
  service = await startService({
    sandbox: { speed: 50 },
    env: {
      REDIS_URL: `redis://:${PASSWORD}@any`,
      // The first one is not there.
      REDIS_SENTINELS: `127.0.0.1:1,127.0.0.1:${ports.sentinel}`,
      REDIS_SENTINEL_NAME: 'films',
      REDIS_SENTINEL_PASSWORD: SENTINEL_PASSWORD,
    },
  });
});

afterAll(async () => {
  await service?.stop();
  for (const server of servers) server.kill('SIGKILL');
  if (folder) await rm(folder, { recursive: true, force: true });
});

async function replicaIs(wanted: RegExp): Promise<void> {
  const client = new Redis({ port: ports.replica, password: PASSWORD });
  await waitFor(`a replica with ${wanted}`, async () => wanted.test(await client.info('replication')), 40_000);
  client.disconnect();
}

it.runIf(ours)(
  'with sentinels a new master takes over, and what was under way and what comes meanwhile goes on',
  async () => {
    const first = await service.client.submit({ type: 'generate', prompt: 'A fox' });
    await waitFor('the message', async () => (await service.client.job(first.id)).phase === 'converse');
    master.kill('SIGKILL');
    const second = await service.client.submit({ type: 'generate', prompt: 'A wolf' });
    await replicaIs(/role:master/);
    for (const { id } of [first, second])
      expect(await service.client.ended(id, 50_000)).toMatchObject({ status: 'succeeded' });
    expect((await service.sandbox.log()).messages).toHaveLength(2);
  },
);
