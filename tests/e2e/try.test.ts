import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startEmbeddedPostgres } from '../../src/local/embedded-postgres.ts';
import { freePort } from '../../src/local/free-port.ts';

const MAIN = fileURLToPath(new URL('../../dist/local/main.js', import.meta.url));
/** A start takes two seconds; beside all other tests on a slow machine a minute. */
const WAIT = { timeout: 100_000, interval: 50 };
/** The same, for a look at all processes of the machine. */
const SELDOM = { ...WAIT, interval: 200 };
const TEST_TIMEOUT_MS = 300_000;
/** Longer than what counts as one Ctrl-C (500 ms). */
const NEXT_WISH_MS = 600;

let folder: string;
let port: number;
let runs: ChildProcess[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'reelay-e2e-'));
  port = await freePort();
  runs = [];
});

afterEach(async () => {
  for (const run of runs) if (run.exitCode === null && run.signalCode === null) run.kill('SIGKILL');
  for (const { pid } of await leftBehind()) process.kill(pid, 'SIGKILL');
  await vi.waitFor(async () => expect(await leftBehind()).toEqual([]), SELDOM);
  await rm(folder, { recursive: true, force: true });
});

/** `npm run try` without npm: the same command. */
function run(env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [MAIN], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  runs.push(child);
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.err += text;
  });
  const closed = once(child, 'close') as Promise<[number | null, string | null]>;
  return {
    child,
    output,
    exitCode: async () => (await closed)[0],
    ready: () => vi.waitFor(() => expect(output.out, output.err).toContain('Stop with Ctrl-C'), WAIT),
  };
}

/** The processes that belong to this run, found by the folder in their environment or their arguments. */
async function leftBehind(): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
      const [command, environment, cwd] = [
        await read('cmdline'),
        await read('environ'),
        await link(`/proc/${pid}/cwd`),
      ];
      // A zombie has neither arguments nor a folder: it has ended.
      const isOurs = command.includes(folder) || environment.includes(folder) || cwd.startsWith(folder);
      return command !== '' && isOurs ? [{ pid: Number(pid), command: command.replaceAll('\0', ' ') }] : [];
    }),
  );
  return found.flat();
}

function link(file: string): Promise<string> {
  return readlink(file).catch(() => '');
}

async function api(method: string, url: string, body?: object): Promise<{ status: number; body: { id?: string } }> {
  const key = (await readFile(path.join(folder, '.data/api-key'), 'utf8')).trim();
  const response = await fetch(`http://127.0.0.1:${port}${url}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
  return { status: response.status, body: (await response.json()) as { id?: string } };
}

describe.runIf(process.platform === 'linux')('npm run try', { timeout: TEST_TIMEOUT_MS }, () => {
  it('comes up, and ends on Ctrl-C (that arrives twice) with nothing left', async () => {
    const only = run();
    await only.ready();
    expect(only.output.out).toContain(`http://127.0.0.1:${port}`);
    expect(only.output.err).toBe('');
    only.child.kill('SIGINT');
    only.child.kill('SIGINT');
    expect(await only.exitCode()).toBe(0);
    expect(only.output.out).toMatch(/Stopped\.\n$/);
    expect(await leftBehind()).toEqual([]);
  });

  it('leaves only Postgres behind when it is killed, and the next run takes over, with its data', async () => {
    const first = run();
    await first.ready();
    const created = await api('POST', '/v1/jobs', { type: 'generate', prompt: 'A city timelapse', export: true });
    expect(created.status).toBe(202);
    first.child.kill('SIGKILL');
    await first.exitCode();
    await vi.waitFor(
      async () => expect((await leftBehind()).filter(({ command }) => !command.includes('postgres'))).toEqual([]),
      SELDOM,
    );
    const second = run();
    await second.ready();
    expect((await api('GET', `/v1/jobs/${created.body.id}`)).status).toBe(200);
    second.child.kill('SIGHUP');
    expect(await second.exitCode()).toBe(0);
    expect(await leftBehind()).toEqual([]);
  });

  it('ends at once on a second Ctrl-C', async () => {
    const only = run();
    await only.ready();
    const worker = (await leftBehind()).find(({ command }) => command.endsWith('main.js worker '));
    // A worker that hangs would be waited for.
    process.kill(worker?.pid ?? 0, 'SIGSTOP');
    only.child.kill('SIGINT');
    await sleep(NEXT_WISH_MS);
    only.child.kill('SIGINT');
    expect(await only.exitCode()).toBe(1);
    await vi.waitFor(async () => expect(await leftBehind()).toEqual([]), SELDOM);
  });

  it('starts its worker and its API again when they die, and says so', async () => {
    const only = run();
    await only.ready();
    for (const role of ['worker', 'api']) {
      const find = async () => (await leftBehind()).find(({ command }) => command.endsWith(`main.js ${role} `))?.pid;
      process.kill((await find()) ?? 0, 'SIGKILL');
      const told = new RegExp(`The ${role} ended \\(killed by SIGKILL\\): .+ It is started again\\.\\n$`, 'i');
      await vi.waitFor(() => expect(only.output.out).toMatch(told), WAIT);
      await vi.waitFor(async () => expect(await find()).toBeGreaterThan(0), SELDOM);
    }
    await vi.waitFor(async () => expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200), WAIT);
    only.child.kill('SIGTERM');
    expect(await only.exitCode()).toBe(0);
    expect(await leftBehind()).toEqual([]);
  });

  it('says what is wrong in one sentence and starts nothing', async () => {
    const server = createServer().listen(port, '0.0.0.0');
    await once(server, 'listening');
    const busy = run();
    expect(await busy.exitCode()).toBe(1);
    expect(busy.output.err).toBe(
      `Port ${port} is in use: stop what listens there, or choose another with PORT=${port + 1}.\n`,
    );
    server.close();

    const noDatabase = run({ DATABASE_URL: 'postgresql://me:secret@127.0.0.1:1/x' });
    expect(await noDatabase.exitCode()).toBe(1);
    expect(noDatabase.output.err).toMatch(
      /^The database postgresql:\/\/me:\*\*\*@127\.0\.0\.1:1\/x cannot be used: .+\n$/,
    );
    expect(await leftBehind()).toEqual([]);
  });

  it('quotes Postgres about a broken database', async () => {
    const dataDir = path.join(folder, '.data/postgres');
    await (await startEmbeddedPostgres({ dataDir, throwaway: true })).stop();
    await writeFile(path.join(dataDir, 'global/pg_control'), '');
    const only = run();
    expect(await only.exitCode()).toBe(1);
    expect(only.output.err).toMatch(/^Postgres does not start on .+pg_control.+\n$/);
    expect(await leftBehind()).toEqual([]);
  });

  it('can be interrupted at any moment of its start', async () => {
    for (const afterMs of [150, 300, 450, 600, 900]) {
      const only = run();
      await sleep(afterMs);
      only.child.kill('SIGINT');
      // Before our handler stands, the signal itself ends the process: null.
      expect([0, null]).toContain(await only.exitCode());
      expect(only.output.err).toBe('');
      await vi.waitFor(async () => expect(await leftBehind()).toEqual([]), SELDOM);
    }
  });
});
