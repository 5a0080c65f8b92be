import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { startSandbox } from './sandbox-client.ts';

const CLIP = await readFile(new URL('../../assets/sandbox-clip.mp4', import.meta.url));
const SIZE = CLIP.length;

it.each<[string | null, number, string | null, Buffer]>([
  [null, 200, null, CLIP],
  ['bytes=0-0', 206, `bytes 0-0/${SIZE}`, CLIP.subarray(0, 1)],
  ['bytes=10-', 206, `bytes 10-${SIZE - 1}/${SIZE}`, CLIP.subarray(10)],
  ['bytes=-5', 206, `bytes ${SIZE - 5}-${SIZE - 1}/${SIZE}`, CLIP.subarray(-5)],
  ['bytes=0-9999999', 206, `bytes 0-${SIZE - 1}/${SIZE}`, CLIP],
  [`bytes=${SIZE}-`, 416, `bytes */${SIZE}`, Buffer.alloc(0)],
  ['bytes=5-1', 200, null, CLIP],
  ['bytes=0-1,5-6', 200, null, CLIP],
])('serves the film with range %s', async (range, status, contentRange, bytes) => {
  const { url } = await startSandbox();
  const answer = await fetch(`${url}/files/gm_001.mp4`, { headers: range === null ? {} : { range } });
  expect([answer.status, answer.headers.get('content-range')]).toEqual([status, contentRange]);
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
});

it('tells type and length to HEAD', async () => {
  const { url } = await startSandbox();
  const { status, headers } = await fetch(`${url}/files/gm_001.mp4`, { method: 'HEAD' });
  expect([status, headers.get('content-type'), headers.get('content-length'), headers.get('accept-ranges')]).toEqual([
    200,
    'video/mp4',
    String(SIZE),
    'bytes',
  ]);
});

it('has no other files', async () => {
  const { call } = await startSandbox();
  expect((await call('GET', '/files/render_nobody.mp4')).status).toBe(404);
});

it('is a small film that plays while it loads', () => {
  const text = CLIP.toString('latin1');
  expect(SIZE).toBeLessThan(30_000);
  expect(text.slice(4, 8)).toBe('ftyp');
  expect(text.indexOf('moov')).toBeLessThan(text.indexOf('mdat'));
});
