import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readFile, realpath, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from '../../src/local/embedded-postgres.ts';
import { findPostgresBinaries } from '../../src/local/postgres-binaries.ts';
import { isAlive } from '../../src/local/process-state.ts';

/** initdb and a start take half a second; on a loaded CI machine several. */
const TEST_TIMEOUT_MS = 120_000;
const isRoot = process.getuid?.() === 0;

let folder: string;
let dataDir: string;
const started: EmbeddedPostgres[] = [];

beforeEach(async () => {
  folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'reelay-postgres-')));
  dataDir = path.join(folder, 'postgres');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  for (const server of started.splice(0)) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function start(options: Partial<EmbeddedPostgresOptions> = {}): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, throwaway: true, ...options });
  started.push(server);
  return server;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('startEmbeddedPostgres', { timeout: TEST_TIMEOUT_MS }, () => {
  it('gives a UTF-8 database on 127.0.0.1 behind a password, and keeps the data over a restart', async () => {
    const first = await start({ throwaway: false });
    expect(first.url).toMatch(/^postgresql:\/\/reelay:[\w-]+@127\.0\.0\.1:\d+\/reelay$/);
    expect(first.adminUrl).toBe(first.url.replace(/\/reelay$/, '/postgres'));
    expect(await query(first.url, 'SHOW server_encoding')).toEqual([{ server_encoding: 'UTF8' }]);
    expect(await query(first.url, 'SHOW max_connections')).toEqual([{ max_connections: '200' }]);
    expect(await query(first.url, 'SHOW fsync')).toEqual([{ fsync: 'on' }]);
    await expect(query(first.url.replace(/:[\w-]+@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(/password/);
    await query(first.url, "CREATE TABLE kept AS SELECT 'é' AS word");
    await first.stop();
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);

    const second = await start();
    expect(await query(second.url, 'SELECT word FROM kept')).toEqual([{ word: 'é' }]);
    expect((await stat(path.join(folder, 'postgres-password'))).mode & 0o777).toBe(0o600);
    expect(await readFile(path.join(folder, 'postgres.log'), 'utf8')).toContain('database system is shut down');
  });

  it('says when the server ends by itself, and keeps quiet about a stop', async () => {
    const onExit = vi.fn();
    const server = await start({ onExit });
    process.kill(server.pid, 'SIGQUIT');
    await vi.waitFor(() => expect(onExit).toHaveBeenCalledExactlyOnceWith('exit code 0'));
    const stoppedQuietly = vi.fn();
    const next = await start({ onExit: stoppedQuietly });
    await next.stop();
    expect(stoppedQuietly).not.toHaveBeenCalled();
  });

  it('stops the server that a killed run has left on the folder', async () => {
    const onExit = vi.fn();
    const left = await start({ onExit });
    await query(left.url, 'CREATE TABLE kept (id int)');
    const next = await start();
    expect(next.pid).not.toBe(left.pid);
    await vi.waitFor(() => expect(onExit).toHaveBeenCalledOnce());
    expect(await query(next.url, 'SELECT * FROM kept')).toEqual([]);
  });

  it('leaves a stranger alone whose id stands in an old pid file', async () => {
    await (await start()).stop();
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { cwd: '/', stdio: 'ignore' });
    try {
      await once(stranger, 'spawn');
      await writeFile(path.join(dataDir, 'postmaster.pid'), `${stranger.pid}\n${dataDir}\n`);
      const server = await start();
      expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    } finally {
      stranger.kill('SIGKILL');
    }
  });

  it.each([
    ['a truncated control file', () => truncate(path.join(dataDir, 'global/pg_control'), 0), /pg_control/],
    ['a garbled version', () => writeFile(path.join(dataDir, 'PG_VERSION'), 'x'), /not a valid data directory/],
    [
      'another version',
      () => writeFile(path.join(dataDir, 'PG_VERSION'), '15\n'),
      /incompatible with server; .*version 15/,
    ],
    ['a missing control file', () => rm(path.join(dataDir, 'global/pg_control')), /could not find the database system/],
  ])('quotes Postgres about %s, names the folder and deletes nothing', async (_name, damage, words) => {
    await (await start()).stop();
    await damage();
    const fault = await start().catch((error: unknown) => error);
    expect(fault).toMatchObject({ name: 'EmbeddedPostgresError', code: 'start_failed' });
    expect(String(fault)).toMatch(words);
    expect(String(fault)).toContain(dataDir);
    expect(String(fault)).not.toContain('\n');
    expect((await stat(path.join(dataDir, 'base'))).isDirectory()).toBe(true);
  });

  it('does not touch a folder that holds something else', async () => {
    await mkdir(dataDir);
    await writeFile(path.join(dataDir, 'letters.txt'), 'mine');
    await expect(start()).rejects.toMatchObject({ code: 'folder_unusable' });
    expect(await readFile(path.join(dataDir, 'letters.txt'), 'utf8')).toBe('mine');
  });

  it('uses an empty folder, and starts over where initdb was interrupted', async () => {
    await mkdir(dataDir);
    await mkdir(`${dataDir}.new`);
    await writeFile(path.join(`${dataDir}.new`, 'PG_VERSION'), '');
    const server = await start();
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('says so when the password is gone', async () => {
    await (await start()).stop();
    await rm(path.join(folder, 'postgres-password'));
    await expect(start()).rejects.toMatchObject({ code: 'password_missing' });
  });

  it('can be stopped while it starts', async () => {
    const stopping = new AbortController();
    const start1 = start({ signal: stopping.signal });
    stopping.abort();
    await expect(start1).rejects.toMatchObject({ code: 'stopped' });
  });
});

describe.runIf(isRoot)('as root', { timeout: TEST_TIMEOUT_MS }, () => {
  it('runs in a folder that nobody else can enter', async () => {
    await chmod(folder, 0o700);
    const server = await start();
    expect(await query(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await stat(dataDir)).uid).toBe(0);
  });

  it('without user namespaces hands the folder to a user that can reach it, and stays with that user', async () => {
    const { postgres } = await findPostgresBinaries();
    const reachable = spawnSync(postgres, ['--version'], { uid: 65_534, gid: 65_534 }).status === 0;
    if (!reachable) return;
    await (await start()).stop();
    await chmod(folder, 0o711);
    await hideUnshare();
    const handedOver = await start();
    expect(await query(handedOver.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await handedOver.stop();
    const { uid } = await stat(path.join(dataDir, 'base'));
    expect(uid).toBeGreaterThan(0);
    vi.unstubAllEnvs();
    const again = await start();
    expect(await query(again.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await stat(path.join(dataDir, 'postmaster.pid'))).uid).toBe(uid);
  });

  it('without any way to run says what to do', async () => {
    await chmod(folder, 0o700);
    await hideUnshare();
    await expect(start()).rejects.toMatchObject({
      code: 'no_unprivileged_user',
      message: expect.stringContaining('run as an ordinary user, or set DATABASE_URL'),
    });
  });

  /** A PATH with `test` and nothing else, like a container that forbids namespaces. */
  async function hideUnshare(): Promise<void> {
    const bin = path.join(folder, 'bin');
    await mkdir(bin);
    await symlink('/usr/bin/test', path.join(bin, 'test'));
    vi.stubEnv('PATH', bin);
  }
});
