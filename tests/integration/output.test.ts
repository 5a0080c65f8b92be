import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { request } from 'undici';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';

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

const output = (id: string, headers: Record<string, string> = {}) =>
  request(`${service.url}/v1/jobs/${id}/output`, {
    headers: { authorization: `Bearer ${service.env.BOOTSTRAP_API_KEY}`, ...headers },
  });

it('leads to the finished file where the upstream put it', async () => {
  const job = await finished('A castle');
  const answer = await output(job.id);
  expect(answer.statusCode).toBe(302);
  expect(answer.headers.location).toBe(job.result?.output?.url);
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
});

it('is not there for a job without an export', async () => {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'What is this?' });
  await service.client.ended(id);
  expect((await service.client.get(`/v1/jobs/${id}/output`)).status).toBe(404);
});
