import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startService, type TestService } from '../support/service.ts';

const GUIDE = new URL('../../docs/api.md', import.meta.url);

const CLIP = new URL('../../assets/sandbox-clip.mp4', import.meta.url);

let service: TestService;
let folder: string;
let guide: string;
let env: { REELAY: string; KEY: string };

beforeAll(async () => {
  service = await startService();
  guide = await readFile(GUIDE, 'utf8');
  // Beside the tests, so that what they are run with knows how to read TypeScript.
  folder = await mkdtemp(path.join(import.meta.dirname, '.examples-'));
  env = { REELAY: service.url, KEY: service.env.BOOTSTRAP_API_KEY ?? '' };
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
  await service?.stop();
});

const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map((match) => match[1] ?? '');

it('the TypeScript of the guide runs from top to bottom', async () => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const said = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const file = path.join(folder, 'guide.ts');
  await writeFile(file, blocks('ts').join('\n'));
  await import(file);
  const [first, ...rest] = said.mock.calls;
  said.mockRestore();
  expect(first).toEqual(['succeeded', expect.stringMatching(/^http.*\.mp4$/), 'yes']);
  // It lists what it made: this one, one from a file, two more in its session, two of a batch.
  expect(rest).toHaveLength(6);
});

it('every call in the shell is answered as the guide says', async () => {
  await writeFile(path.join(folder, 'holiday.mp4'), await readFile(CLIP));
  const { client } = service;
  const run = async (call: string, more: Record<string, string> = {}) => {
    const shell = `curl() { command curl --fail-with-body --max-time 60 "$@"; }\n${call}`;
    const options = { cwd: folder, env: { ...process.env, ...env, ...more } };
    return (await promisify(execFile)('sh', ['-c', shell], options)).stdout;
  };
  const calls = blocks('sh').flatMap((block) => block.match(/^curl(?:.*\\\n)*.*$/gm) ?? []);
  const one = (part: string) => calls.find((call) => call.includes(part)) ?? `no call with ${part}`;
  expect(calls).toHaveLength(8);

  const job = JSON.parse(await run(one('Prefer: wait'))) as { id: string; status: string };
  expect(job.status).toBe('succeeded');
  expect(await run(one('/events'), { JOB: job.id })).toMatch(/^event: snapshot\n/);
  const asset = JSON.parse(await run(one('-F file=')));
  expect(JSON.parse(await run(one('$ASSET'), { ASSET: asset.data[0].id }))).toMatchObject({ status: 'queued' });
  const line = JSON.stringify({ custom_id: 'fox', type: 'generate', prompt: 'A fox' });
  await writeFile(path.join(folder, 'jobs.ndjson'), `${line}\n{"custom_id":"bad"}\n`);
  expect(JSON.parse(await run(one('x-ndjson')))).toMatchObject({ counts: { total: 2, skipped: 1 }, max_credits: 500 });
  expect(JSON.parse(await run(one('status=failed')))).toMatchObject({ object: 'list' });
  const waiting = await client.submit({ type: 'generate', prompt: 'Later #render-stuck', export: true });
  expect(JSON.parse(await run(one('/cancel'), { JOB: waiting.id }))).toMatchObject({ id: waiting.id });
  const failed = await client.ended((await client.submit({ type: 'generate', prompt: 'Never #no-credits' })).id);
  expect(JSON.parse(await run(one('/retry'), { JOB: failed.id }))).toMatchObject({ retry_of: failed.id });
});
