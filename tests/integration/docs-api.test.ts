import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { codeBlocks, readGuide, runShell } from '../support/guide.ts';
import { startService, type TestService } from '../support/service.ts';

const guide = readGuide('docs/api.md');
const CLIP = new URL('../../assets/sandbox-clip.mp4', import.meta.url);

let service: TestService;
let folder: string;
let env: { REELAY: string; KEY: string };

beforeAll(async () => {
  service = await startService();
  // Beside the tests, so that what they are run with knows how to read TypeScript.
  folder = await mkdtemp(path.join(import.meta.dirname, '.examples-'));
  env = { REELAY: service.url, KEY: service.env.BOOTSTRAP_API_KEY ?? '' };
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
  await service?.stop();
});

it('the TypeScript of the guide runs from top to bottom', async () => {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  const said = vi.spyOn(console, 'log').mockImplementation(() => undefined);
  const file = path.join(folder, 'guide.ts');
  await writeFile(file, codeBlocks(guide, 'ts').join('\n'));
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
  const run = (call: string, more: Record<string, string> = {}) => runShell(call, folder, { ...env, ...more });
  const calls = codeBlocks(guide, 'sh').flatMap((block) => block.match(/^curl(?:.*\\\n)*.*$/gm) ?? []);
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
