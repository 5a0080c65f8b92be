import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEmbeddedPostgres } from '../../src/local/embedded-postgres.ts';
import { freePort } from '../../src/local/free-port.ts';
import { SHORT_LIVED } from '../support/program.ts';
import { waitFor } from '../support/wait-for.ts';

let folder: string;
let port: number;
/** Of a database that is not there until a test starts it. */
let url: string;
const children: { kill(signal: NodeJS.Signals): boolean; ended: Promise<number | null> }[] = [];
const startPostgres = () => startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres'), port });

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'reelay-order-'));
  port = await freePort();
  const once = await startPostgres();
  url = once.url;
  await once.stop();
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await Promise.all(children.map((child) => child.ended));
  await rm(folder, { recursive: true, force: true });
});

function start(role: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [...SHORT_LIVED, 'dist/main.js', role], {
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: url,
      DATA_DIR: folder,
      ENCRYPTION_KEY: Buffer.alloc(32, 'order').toString('base64'),
      HOST: '127.0.0.1',
      PORT: '0',
      DRAIN_TIMEOUT: '0s',
      ...env,
    },
  });
  let words = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (words += text));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const process_ = {
    ended,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    words: () => words,
    says: (what: string) => waitFor(`a ${role} that says: ${what}`, async () => words.includes(what), 30_000),
  };
  children.push(process_);
  return process_;
}

it('start in any order: they wait for the database, then for its tables, then work, and end when told to', async () => {
  const early = start('all');
  await early.says('ECONNREFUSED');
  const postgres = await startPostgres();
  await early.says('run the role migrate');
  expect(await start('migrate').ended).toBe(0);
  await early.says('api listens');
  expect(early.words()).toContain('workers started');

  const noQueue = start('worker', { REDIS_URL: 'redis://127.0.0.1:1', START_TIMEOUT: '100ms' });
  const noEntry = start('worker', { DATABASE_URL: url.replace(/:[^:@]+@/, ':wrong@') });
  expect(await Promise.all([noQueue.ended, noEntry.ended])).toEqual([1, 1]);
  expect(noQueue.words()).toContain('The queue was not there within 0.1 s (START_TIMEOUT): connect ECONNREFUSED');
  expect(noEntry.words()).toMatch(/^The database refuses DATABASE_URL: password authentication failed for user .*$/m);

  early.kill('SIGTERM');
  expect(await early.ended).toBe(0);
  await postgres.stop();
});

it.concurrent.each(['all', 'migrate'])('a role %s whose database does not come gives up, and says so', async (role) => {
  const lost = start(role, { START_TIMEOUT: '100ms' });
  expect(await lost.ended).toBe(1);
  expect(lost.words()).toMatch(
    /The database was not there within 0.1 s \(START_TIMEOUT\): connect ECONNREFUSED 127.0.0.1:\d+$/m,
  );
});

it('a process that is told to end while it waits does so at once', async () => {
  const waiting = start('api');
  await waiting.says('waits for a store');
  waiting.kill('SIGTERM');
  expect(await waiting.ended).toBe(0);
});
