import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

const CLIP = new URL('../../assets/sandbox-clip.mp4', import.meta.url);

let service: TestService;

beforeAll(async () => {
  service = await startService({ env: { PUBLIC_URL: 'https://reelay.example' } });
});

afterAll(() => service?.stop());

const finished = async (prompt: string) => {
  const { id } = await service.client.submit({ type: 'generate', prompt, export: true });
  return service.client.ended(id, 40_000);
};

const output = (id: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') =>
  request(`${service.url}/v1/jobs/${id}/output`, {
    method,
    headers: { authorization: `Bearer ${service.env.BOOTSTRAP_API_KEY}`, ...headers },
  });

it('leads to the finished file where the upstream put it', async () => {
  const job = await finished('A castle');
  const answer = await output(job.id);
  expect(answer.statusCode).toBe(302);
  expect(answer.headers.location).toBe(job.result?.output?.url);
  await answer.body.dump();
});

it('leads to an address in any script', async () => {
  const job = await finished('A cat');
  await service.database.sql(
    "UPDATE job SET result = jsonb_set(result::jsonb, '{output,url}', '\"https://cdn.example/猫 1.mp4\"') WHERE id = $1",
    [job.id],
  );
  const answer = await output(job.id);
  expect(answer.statusCode).toBe(302);
  expect(answer.headers.location).toBe('https://cdn.example/%E7%8C%AB%201.mp4');
  await answer.body.dump();
});

it.each([
  ['the render names no address', '#render-no-url'],
  ['the address of the render is dead', '#render-dead-url'],
])('where %s, the file is fetched through the upstream’s own door and kept', async (_what, story) => {
  const job = await finished(`A tower ${story}`);
  expect(job).toMatchObject({
    status: 'succeeded',
    result: {
      output: { url: `https://reelay.example/v1/jobs/${job.id}/output`, content_type: 'video/mp4', verified: true },
    },
  });
  const answer = await output(job.id);
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['content-type']).toBe('video/mp4');
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
  const clip = await readFile(CLIP);
  expect(sha256(new Uint8Array(await answer.body.arrayBuffer()))).toBe(sha256(clip));
  expect(answer.headers).toMatchObject({ 'accept-ranges': 'bytes', 'content-length': String(clip.length) });

  const part = await output(job.id, { range: 'bytes=100-199' });
  expect([part.statusCode, part.headers['content-range']]).toEqual([206, `bytes 100-199/${clip.length}`]);
  expect(clip.subarray(100, 200).equals(Buffer.from(await part.body.arrayBuffer()))).toBe(true);
  const beyond = await output(job.id, { range: `bytes=${clip.length}-` });
  expect([beyond.statusCode, beyond.headers['content-range']]).toEqual([416, `bytes */${clip.length}`]);
  expect(await beyond.body.json()).toMatchObject({ code: 'range_not_satisfiable' });
  const changed = await output(job.id, { range: 'bytes=0-0', 'if-range': '"an earlier one"' });
  expect(changed.statusCode).toBe(200);
  await changed.body.dump();
  const head = await output(job.id, {}, 'HEAD');
  expect([head.statusCode, head.headers['content-length']]).toEqual([200, String(clip.length)]);
  expect(await head.body.text()).toBe('');
});

const keptFiles = async () => {
  const names = await readdir(path.join(String(service.env.DATA_DIR), 'assets'));
  return names.filter((name) => name !== 'incoming');
};

it('a job that was canceled with its output and is retried keeps its file, and the retry has the same', async () => {
  const first = await finished('A bridge #render-no-url');
  const kept = await keptFiles();
  await service.database.sql("UPDATE job SET status = 'canceled' WHERE id = $1", [first.id]);
  const retry = await service.client.post<{ id: string }>(`/v1/jobs/${first.id}/retry`, {});
  const second = await service.client.ended(retry.body.id, 40_000);
  expect(second.result?.output?.url).toBe(`https://reelay.example/v1/jobs/${second.id}/output`);
  expect(await keptFiles()).toEqual(kept);
  for (const id of [first.id, second.id]) {
    const answer = await output(id, {}, 'HEAD');
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'video/mp4']);
  }
});

it('a copy that cannot be recorded is not kept', async () => {
  const before = await keptFiles();
  await service.database.sql('ALTER TABLE render ADD CONSTRAINT no_copy CHECK (stored_key IS NULL) NOT VALID');
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A moat #render-no-url', export: true });
  await waitFor('the failure', async () => (await service.client.job(id)).waiting?.reason === 'recovery');
  expect(await keptFiles()).toEqual(before);
  await service.database.sql('ALTER TABLE render DROP CONSTRAINT no_copy');
  expect(await service.client.ended(id, 40_000)).toMatchObject({ status: 'succeeded' });
  expect(await keptFiles()).toHaveLength(before.length + 1);
});

it('is not there for a job without an export', async () => {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'What is this?' });
  await service.client.ended(id);
  expect((await service.client.get(`/v1/jobs/${id}/output`)).status).toBe(404);
});
