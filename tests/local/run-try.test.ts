import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { freePort } from '../../src/local/free-port.ts';
import { isAlive } from '../../src/local/process-state.ts';
import { runTry, type TryDeps } from '../../src/local/run-try.ts';
import { RunningParts } from '../../src/local/running-parts.ts';
import { sentenceOf } from '../../src/local/start-fault.ts';

/** Plays API, worker and sandbox: says that it is ready, with its environment in a file, and ends with its channel. */
const OBEDIENT = `
  const { writeFileSync } = require('node:fs');
  const [, , name] = process.argv;
  writeFileSync(process.env.DATA_DIR + '/' + name + '.json', JSON.stringify({ pid: process.pid, env: process.env }));
  process.on('disconnect', () => process.exit(0));
  process.on('SIGTERM', () => process.exit(0));
  process.send({ type: 'ready', url: name === 'sandbox' ? 'http://127.0.0.1:4999' : 'http://0.0.0.0:' + process.env.PORT });
`;
const FAILING = `
  process.stdout.write('{"level":"info","msg":"starting"}\\n');
  process.stderr.write('REDIS_URL points to nobody.\\n');
  process.exit(1);
`;
/** Ready, and gone as soon as its parent has a look at it. */
const MORTAL = `${OBEDIENT}
  setTimeout(() => { process.stderr.write('Error: out of luck\\n    at somewhere (x.js:1:2)\\n\\nNode.js v20\\n'); process.exit(7); }, 100);
`;

let folder: string;
let dataDir: string;
let parts: RunningParts;
let over: AbortController;

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'reelay-try-'));
  dataDir = path.join(folder, 'data');
  parts = new RunningParts();
  over = new AbortController();
});

afterEach(async () => {
  over.abort();
  await parts.stopAll();
  await rm(folder, { recursive: true, force: true });
});

async function deps(more: Partial<TryDeps> = {}, env: Record<string, string> = {}): Promise<TryDeps> {
  return {
    migrate: vi.fn(async () => undefined),
    programs: {
      api: await program('api', OBEDIENT),
      worker: await program('worker', OBEDIENT),
      sandbox: await program('sandbox', OBEDIENT),
    },
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: 'postgresql://me:secret@127.0.0.1:1/x',
      PORT: '0',
      DATA_DIR: 'data',
      ...env,
    },
    cwd: folder,
    say: () => undefined,
    ...more,
  };
}

async function program(name: string, script: string): Promise<string[]> {
  const file = path.join(folder, `${name}.cjs`);
  await writeFile(file, script);
  return [file, name];
}

async function seenBy(name: string): Promise<{ pid: number; env: Record<string, string> }> {
  return JSON.parse(await readFile(path.join(dataDir, `${name}.json`), 'utf8'));
}

async function faultOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'no fault',
    (error: unknown) => sentenceOf(error),
  );
}

it('starts sandbox, API and worker with one environment, tells how to use them, and ends them', async () => {
  const port = await freePort();
  const given = await deps({}, { PORT: String(port), RENDER_POLL_INTERVAL: '7s', REDIS_URL: '' });
  const text = await runTry(given, parts, over);
  const key = (await readFile(path.join(dataDir, 'api-key'), 'utf8')).trim();
  expect(text).toContain(`curl -s http://127.0.0.1:${port}/v1/jobs`);
  expect(text).toContain(`-H 'Authorization: Bearer ${key}'`);
  expect(text).toContain('postgresql://me:***@127.0.0.1:1/x');
  expect(text).not.toContain('secret');
  expect(text).toMatch(/Ready in \d+\.\d s\.\nStop with Ctrl-C.*\n$/);
  expect(given.migrate).toHaveBeenCalledExactlyOnceWith(given.env.DATABASE_URL, { queueSchema: true });
  for (const name of ['api', 'worker']) {
    expect((await seenBy(name)).env).toMatchObject({
      DATABASE_URL: given.env.DATABASE_URL,
      NEMO_API_URL: 'http://127.0.0.1:4999',
      BOOTSTRAP_API_KEY: key,
      ENCRYPTION_KEY: (await readFile(path.join(dataDir, 'encryption-key'), 'utf8')).trim(),
      DATA_DIR: dataDir,
      RENDER_POLL_INTERVAL: '7s',
      RECOVERY_DELAYS: '2s,3s,5s,5s,5s',
    });
  }
  const pids = await Promise.all(['api', 'worker', 'sandbox'].map(async (name) => (await seenBy(name)).pid));
  await parts.stopAll();
  expect(pids.filter(isAlive)).toEqual([]);
  await expect(stat(path.join(dataDir, 'try.lock'))).rejects.toThrow('ENOENT');
});

it('starts no sandbox and keeps the real waits when an upstream is given', async () => {
  await runTry(await deps({}, { NEMO_API_URL: 'http://127.0.0.1:5999', REDIS_URL: 'redis://127.0.0.1' }), parts, over);
  const { env } = await seenBy('worker');
  expect(env.NEMO_API_URL).toBe('http://127.0.0.1:5999');
  expect(env).not.toHaveProperty('RENDER_POLL_INTERVAL');
  await expect(stat(path.join(dataDir, 'sandbox.json'))).rejects.toThrow('ENOENT');
});

it('says which port is in use before it starts anything', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const given = await deps({}, { PORT: String(port) });
  expect(await faultOf(runTry(given, parts, over))).toBe(
    `Port ${port} is in use: stop what listens there, or choose another with PORT=${port + 1}.`,
  );
  expect(given.migrate).not.toHaveBeenCalled();
  server.close();
});

it('refuses a second run on the same folder', async () => {
  await runTry(await deps(), parts, over);
  expect(await faultOf(runTry(await deps(), parts, over))).toBe(
    `Another run (process ${process.pid}) uses ${dataDir}: stop it first, or choose another folder with DATA_DIR.`,
  );
});

it('names every faulty variable at once', async () => {
  const fault = await faultOf(runTry(await deps({}, { PORT: 'x', DRAIN_TIMEOUT: 'soon' }), parts, over));
  expect(fault).toMatch(/PORT .*; DRAIN_TIMEOUT must be a duration/);
});

it('says why the database cannot be used, without its password', async () => {
  const migrate = () => Promise.reject(new AggregateError([new Error('connect ECONNREFUSED 127.0.0.1:1')]));
  expect(await faultOf(runTry(await deps({ migrate }), parts, over))).toBe(
    'The database postgresql://me:***@127.0.0.1:1/x cannot be used: connect ECONNREFUSED 127.0.0.1:1.',
  );
});

it('passes on why a process does not start', async () => {
  const given = await deps();
  await program('worker', FAILING);
  expect(await faultOf(runTry(given, parts, over))).toBe('The worker did not start: REDIS_URL points to nobody.');
});

it('starts a process that dies again, with its last words, but not for ever', async () => {
  const said: string[] = [];
  const given = await deps({ say: (text) => void said.push(text) });
  await program('api', MORTAL);
  await runTry(given, parts, over);
  await once(over.signal, 'abort');
  expect(sentenceOf(over.signal.reason)).toBe('The API ended (exit code 7): Error: out of luck');
  expect(said).toEqual(Array(20).fill('The API ended (exit code 7): Error: out of luck It is started again.\n'));
});

it('can be stopped while it starts', async () => {
  const migrate = () => new Promise<void>(() => over.abort(new Error('asked to stop')));
  expect(await faultOf(runTry(await deps({ migrate }), parts, over))).toBe('asked to stop');
  const { pid } = await seenBy('sandbox');
  await parts.stopAll();
  expect(isAlive(pid)).toBe(false);
});

it('kills everything at once when it has to', async () => {
  await runTry(await deps(), parts, over);
  const { pid } = await seenBy('worker');
  parts.killAll();
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false));
});
