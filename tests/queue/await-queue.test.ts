import type { ChildProcess } from 'node:child_process';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { StoreMissing, StoreRefused } from '../../src/lib/await-store.ts';
import { awaitQueue } from '../../src/lib/queue/await-queue.ts';
import type { Sentinels } from '../../src/lib/queue/redis.ts';
import { freePort } from '../../src/local/free-port.ts';
import { serveRedis } from '../support/redis-server.ts';

// Only a Redis that we start can be as the test wants it.
const ours = inject('backend') === 'redis' && process.env.REDIS_URL === undefined;

describe.runIf(ours)('at start', () => {
  let server: ChildProcess;
  let port: number;
  const lines: Record<string, unknown>[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(JSON.parse(line)) });

  beforeAll(async () => {
    port = await freePort();
    server = await serveRedis({ port, requirepass: 'secret', 'maxmemory-policy': 'allkeys-lru' });
  });
  afterAll(() => void server?.kill('SIGKILL'));

  const begin = (url: string, sentinels?: Sentinels) =>
    awaitQueue({ redis: { url, sentinels }, databaseUrl: '' }, { limitMs: 0, log }).catch((error) => error);

  it.each([
    ['no password', '', /^Redis refuses REDIS_URL: NOAUTH /],
    ['a wrong password', ':wrong@', /^Redis refuses REDIS_URL: WRONGPASS /],
  ])('%s is said at once', async (_what, who, words) => {
    const end = await begin(`redis://${who}127.0.0.1:${port}`);
    expect(end).toBeInstanceOf(StoreRefused);
    expect(end.message).toMatch(words);
  });

  it('a Redis that throws entries away is warned of, once', async () => {
    lines.length = 0;
    expect(await begin(`redis://:secret@127.0.0.1:${port}`)).toBeUndefined();
    expect(lines).toMatchObject([{ policy: 'allkeys-lru', msg: expect.stringContaining('noeviction') }]);
  });

  it('sentinels that are not there are said', async () => {
    const sentinels = { hosts: [{ host: '127.0.0.1', port: 1 }], name: 'reelay', password: undefined };
    const end = await begin('redis://any', sentinels);
    expect(end).toBeInstanceOf(StoreMissing);
    expect(end.message).toMatch(/All sentinels are unreachable/);
  });
});
