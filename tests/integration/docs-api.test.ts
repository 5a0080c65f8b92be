import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { codeBlocks, readGuide, runShell } from '../support/guide.ts';
import { startService, type TestService } from '../support/service.ts';

const guide = readGuide('docs/api.md');
const CLIP = new URL('../../assets/sandbox-clip.mp4', import.meta.url);
const ADMIN_TOKEN = 'the-operator-of-the-examples';

let service: TestService;
let folder: string;
let env: { REELAY: string; KEY: string };

beforeAll(async () => {
  service = await startService({ env: { ADMIN_TOKEN } });
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
  const [job, message, credits, ...listed] = said.mock.calls;
  said.mockRestore();
  expect(job).toEqual(['succeeded', expect.stringMatching(/^http.*\.mp4$/), 'yes']);
  expect(message).toEqual(['export', expect.stringMatching(/^job_/)]);
  expect(credits).toEqual([expect.any(Number), 'anonymous']);
  // It lists what it made: this one, one from a file, three more in its session, two of a batch.
  expect(listed).toHaveLength(7);
});

/** The commands of a document that call something. */
const curlsIn = (text: string) => codeBlocks(text, 'sh').flatMap((block) => block.match(/^curl(?:.*\\\n)*.*$/gm) ?? []);
const run = (call: string, more: Record<string, string> = {}) => runShell(call, folder, { ...env, ...more });

it('every call in the shell is answered as the guide says', async () => {
  await writeFile(path.join(folder, 'holiday.mp4'), await readFile(CLIP));
  const { client } = service;
  const calls = curlsIn(guide);
  const one = (part: string) => calls.find((call) => call.includes(part)) ?? `no call with ${part}`;
  expect(calls).toHaveLength(9);

  const job = JSON.parse(await run(one('Prefer: wait'))) as { id: string; status: string };
  expect(job.status).toBe('succeeded');
  expect(await run(one('/events'), { JOB: job.id })).toMatch(/^event: snapshot\n/);
  const asset = JSON.parse(await run(one('-F file=')));
  expect(JSON.parse(await run(one('$ASSET'), { ASSET: asset.data[0].id }))).toMatchObject({ status: 'queued' });
  const line = JSON.stringify({ custom_id: 'fox', type: 'generate', prompt: 'A fox' });
  await writeFile(path.join(folder, 'jobs.ndjson'), `${line}\n{"custom_id":"bad"}\n`);
  const batch = JSON.parse(await run(one('x-ndjson')));
  expect(batch).toMatchObject({ counts: { total: 2, skipped: 1 }, max_credits: 500 });
  expect(await run(one('/results'), { BATCH: batch.id })).toContain('"status":"skipped"');
  expect(JSON.parse(await run(one('status=failed')))).toMatchObject({ object: 'list' });
  const waiting = await client.submit({ type: 'generate', prompt: 'Later #render-stuck', export: true });
  expect(JSON.parse(await run(one('/cancel'), { JOB: waiting.id }))).toMatchObject({ id: waiting.id });
  const failed = await client.ended((await client.submit({ type: 'generate', prompt: 'Never #no-credits' })).id);
  expect(JSON.parse(await run(one('/retry'), { JOB: failed.id }))).toMatchObject({ retry_of: failed.id });
});

/** Every `METHOD /path` that a document names. */
const callsIn = (text: string) =>
  [...text.matchAll(/\b(?:GET|POST|PUT|PATCH|DELETE) \/[\w/{}.-]*[\w}]/g)].map(([call]) => call);
/** What is for people, and not in the OpenAPI document. */
const FOR_PEOPLE = ['GET /openapi.json', 'GET /docs', 'GET /docs/errors', 'GET /admin/queues'];

it('the guide names every call, and no document one that does not exist', async () => {
  const answer = await fetch(`${service.url}/openapi.json`);
  const { paths } = (await answer.json()) as { paths: Record<string, object> };
  const calls = Object.entries(paths).flatMap(([where, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${where}`),
  );
  const [, table = ''] = guide.split('## Every call');
  expect(callsIn(table).sort()).toEqual([...calls, ...FOR_PEOPLE].sort());
  const documents = (await readdir('docs')).filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`);
  for (const document of ['README.md', 'CHANGELOG.md', ...documents]) {
    const named = callsIn(readGuide(document)).filter((call) => call.includes(' /v1/'));
    expect(
      named.filter((call) => !calls.includes(call)),
      document,
    ).toEqual([]);
  }
});

it('an endpoint is made as docs/webhooks.md says', async () => {
  const [make = '', ...others] = curlsIn(readGuide('docs/webhooks.md'));
  expect(others).toEqual([]);
  expect(JSON.parse(await run(make))).toMatchObject({ enabled: true, secret: expect.stringMatching(/^whsec_/) });
});

it('the operator makes, lists and revokes keys as docs/operations.md says', async () => {
  const [ready = '', make = '', list = '', revoke = '', ...others] = curlsIn(readGuide('docs/operations.md'));
  expect(others).toEqual([]);
  const as = { API: service.url, ADMIN_TOKEN };
  expect(JSON.parse(await run(ready, as))).toMatchObject({ status: 'ok' });
  const { id, tenant } = JSON.parse(await run(make, as));
  expect(tenant).toBe('studio');
  expect(JSON.parse(await run(list, as)).data).toMatchObject([{ id }]);
  await run(revoke.replace('key_…', id), as);
  expect(JSON.parse(await run(list, as)).data).toEqual([]);
});

it.each(['docs/operations.md', 'docs/webhooks.md'])('the statements of %s are such as Postgres takes', async (file) => {
  const statements = [...readGuide(file).matchAll(/[`"]((?:SELECT|UPDATE) [^`"]+)[`"]/g)].map(([, sql = '']) => sql);
  expect(statements).not.toEqual([]);
  for (const statement of statements) await service.database.sql(statement);
});

it('the sandbox is told what docs/sandbox.md says', async () => {
  const calls = curlsIn(readGuide('docs/sandbox.md')).map((call) =>
    call.replace('localhost:4010', service.sandbox.url),
  );
  expect(calls).toHaveLength(3);
  for (const call of calls) await run(call);
  await run(`curl -X POST ${service.sandbox.url}/__sandbox/reset`);
});
