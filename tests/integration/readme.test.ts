import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readConfig } from '../../src/lib/config.ts';
import { freePort } from '../../src/local/free-port.ts';
import { alike, codeBlocks, readGuide, runShell } from '../support/guide.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

const readme = readGuide('README.md');
const blocks = codeBlocks(readme, 'sh');

let service: TestService;
let folder: string;
let env: { REELAY: string; KEY: string };

beforeAll(async () => {
  service = await startService();
  env = { REELAY: service.url, KEY: service.env.BOOTSTRAP_API_KEY ?? '' };
  // Among the tests, so that the receiver finds its library.
  folder = await mkdtemp(path.join(import.meta.dirname, '.readme-'));
  await mkdir(path.join(folder, '.data'));
  await writeFile(path.join(folder, '.data/api-key'), `${env.KEY}\n`);
  await cp(
    path.join(import.meta.dirname, '../fixtures/gradient.heic'),
    path.join(folder, 'tests/fixtures/gradient.heic'),
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await service?.stop();
});

/** The block of the README that has these words. */
function recipe(words: string): string {
  const found = blocks.filter((block) => block.includes(words));
  if (found.length !== 1 || !found[0]) throw new Error(`README.md has ${found.length} recipes with ${words}`);
  return found[0];
}

const run = (commands: string) => runShell(commands, folder, env);

it('the first call is answered with what the first screen shows, and its timeline is the picture there', async () => {
  const key = await run(`${recipe('cat .data/api-key')} printf '%s' $KEY`);
  expect(key).toBe(env.KEY);
  const job = JSON.parse(await run(recipe('city timelapse')));
  expect(job).toEqual(alike(JSON.parse(codeBlocks(readme, 'json')[0] ?? '')));
  const picture = await run(
    `curl -s $REELAY/v1/sessions/${job.session_id}/timeline.svg -H "Authorization: Bearer $KEY"`,
  );
  // `npx vitest run tests/integration/readme.test.ts --update` draws it anew.
  await expect(picture).toMatchFileSnapshot('../../docs/timeline-example.svg');
});

it('the receiver verifies the webhook of a finished job, and nothing else', async () => {
  const port = await freePort();
  const commands = recipe('receiver.mjs').replaceAll('8080', String(port));
  // A group of its own: what it leaves in the background ends with it.
  const shell = spawn('sh', ['-c', `${commands}\nwait`], {
    cwd: folder,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    let said = '';
    shell.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    await waitFor('a verified webhook', async () => said.includes('verified: '));
    expect(said).toMatch(/verified: job\.succeeded http:\/\/127\.0\.0\.1:\d+\/files\/render_\w+\.mp4$/m);
    const forged = await fetch(`http://127.0.0.1:${port}`, { method: 'POST', body: '{"type":"job.succeeded"}' });
    expect(forged.status).toBe(400);
  } finally {
    if (shell.pid !== undefined) process.kill(-shell.pid, 'SIGKILL');
  }
});

it('an image becomes a video', async () => {
  expect(JSON.parse(await run(recipe('gradient.heic')))).toMatchObject({ status: 'succeeded', charged: 'yes' });
});

it('a video is changed, exported and downloaded', async () => {
  await run(recipe('dreams.mov'));
  // ISO/IEC 14496-12: the second word of a file of this family.
  expect((await readFile(path.join(folder, '.data/dreams.mov'))).toString('latin1', 4, 8)).toBe('ftyp');
  expect(await readFile(path.join(folder, '.data/timeline.svg'), 'utf8')).toContain('>Dreams<');
});

it('a batch is submitted, counted and read', async () => {
  const said = await run(recipe('/v1/batches').replace('seq 1000', 'seq 3'));
  expect(said).toMatch(/^\{"id":"bat_\w+".+"counts":\{"total":3,/);
});

it('the secrets of .env are such as the program takes, and are made once', async () => {
  const commands = recipe('docker compose up -d --wait').replace(/^docker compose .*$/m, '');
  const key = await run(`${commands} printf '%s' $KEY`);
  const made = await readFile(path.join(folder, '.env'), 'utf8');
  const lines = made.trimEnd().split('\n');
  const settings = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)));
  expect(
    readConfig({ ...settings, DATABASE_URL: `postgresql://reelay:${settings.POSTGRES_PASSWORD}@db/reelay` }),
  ).toMatchObject({ ADMIN_TOKEN: settings.ADMIN_TOKEN, BOOTSTRAP_API_KEY: key });
  await run(commands);
  expect(await readFile(path.join(folder, '.env'), 'utf8')).toBe(made);
});
