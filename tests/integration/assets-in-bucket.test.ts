import { Readable } from 'node:stream';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { formOf, giveFile, mp4File, pngFile, postFiles, postForm, sha256Of } from '../support/files.ts';
import { startS3, type TestS3 } from '../support/s3-server.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

let s3: TestS3;
let service: TestService;

beforeAll(async () => {
  s3 = await startS3();
  // The SDK reads its credentials for itself.
  for (const [name, value] of Object.entries(s3.env)) vi.stubEnv(name, value);
  service = await startService({ env: s3.env });
});

afterAll(async () => {
  await service?.stop();
  await s3?.stop();
  vi.unstubAllEnvs();
});

it('without its store files are refused, jobs are taken, and those that need a file go on when it is back', async () => {
  const film = mp4File('film.mp4', 6_000_000);
  const asset = await giveFile(service, film);
  await s3.outage.begin();

  const refused = await postFiles<{ code: string; detail: string }>(service, pngFile());
  expect(refused).toMatchObject({
    status: 503,
    body: { code: 'unavailable', detail: expect.stringContaining('files') },
  });
  const ready = await service.client.get('/health/ready');
  expect(ready).toMatchObject({ status: 503, body: { detail: 'No answer from: assets.' } });
  const scraped = await (await fetch(`${service.url}/metrics`)).text();
  expect(scraped).toMatch(/^reelay_scrape_errors_total\{store="assets"\} [1-9]/m);

  const { id } = await service.client.submit({ type: 'upload', assets: [{ asset_id: asset.id }] });
  await waitFor('a failure', async () => (await service.database.sql('SELECT FROM job WHERE failures > 0')).length > 0);
  await s3.outage.end();
  expect(await service.client.ended(id, 40_000)).toMatchObject({ status: 'succeeded' });
  const { uploads } = await service.sandbox.log();
  expect(uploads.map(({ sha256 }) => sha256)).toEqual([sha256Of(film)]);
  await waitFor('ready', async () => (await service.client.get('/health/ready')).status === 200);
});

it('a store that goes between two files of a request is said, too', async () => {
  const first = mp4File('first.mp4', 100);
  const form = formOf(first, mp4File('second.mp4', 8_000_000));
  const before = s3.objects.size;
  const answer = postForm<{ code: string }>(service, form);
  await waitFor('the first file', async () => s3.objects.size > before);
  await s3.outage.begin();
  expect(await answer).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  await s3.outage.end();
  // An upload that the outage cut off could not be aborted: it goes after a day, and not before the next test.
  s3.uploads.clear();
});

it('a store whose words are those of a broken body is still the store', async () => {
  const other = await startService({ env: { ...s3.env, ASSET_STORE: 's3://multipart' }, workers: false });
  expect(await postFiles(other, pngFile())).toMatchObject({ status: 503, body: { code: 'unavailable' } });
  await other.stop();
});

it('a file that is refused leaves nothing behind', async () => {
  const before = s3.objects.size;
  const tooLarge = await postFiles<{ code: string }>(service, pngFile(), {
    name: 'what.bin',
    content: Buffer.alloc(100),
  });
  expect(tooLarge).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
  expect([s3.objects.size, s3.uploads.size]).toEqual([before, 0]);
});

it('a client that leaves in the middle of a film leaves nothing behind', async () => {
  const before = s3.objects.size;
  const { content } = mp4File('film.mp4', 6_000_000);
  async function* half() {
    yield '--b\r\ncontent-disposition: form-data; name="file"; filename="film.mp4"\r\n\r\n';
    yield content;
    await waitFor('the first part', async () => s3.uploads.size === 1);
    throw new Error('left');
  }
  const headers = {
    authorization: `Bearer ${service.env.BOOTSTRAP_API_KEY}`,
    'content-type': 'multipart/form-data; boundary=b',
  };
  // On its own: the shared one would connect anew at once, and keep the connection.
  const dispatcher = new Agent();
  const body = Readable.from(half());
  const answer = request(`${service.url}/v1/assets`, { method: 'POST', headers, body, dispatcher });
  await expect(answer).rejects.toThrow('left');
  await dispatcher.destroy();
  await waitFor('the clean-up', async () => s3.uploads.size === 0);
  expect(s3.objects.size).toBe(before);
});
