import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { expectContract } from './contract.ts';
import type { TestService } from './service.ts';

export type AssetView = {
  id: string;
  object: 'asset';
  filename: string;
  content_type: string;
  kind: string;
  bytes: number;
  sha256: string;
  created_at: string;
};
/** Whose files these become. */
type Where = Pick<TestService, 'url' | 'env'>;
export type TestFile = { name: string; content: Buffer };

/** The smallest PNG header that says what it is, and then noise: `size` bytes in all. */
export function pngFile(name = 'photo.png', size = 2_000): TestFile {
  const content = Buffer.alloc(size, 'noise');
  Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108020000009077', 'hex').copy(content);
  return { name, content };
}

export function mp4File(name = 'film.mp4', size = 100_000): TestFile {
  const content = Buffer.alloc(size, 'frames');
  Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1').copy(content);
  return { name, content };
}

export function textFile(text: string, name = 'prompt.txt'): TestFile {
  return { name, content: Buffer.from(text) };
}

/** A picture of 64 x 48 pixels, made with heif-enc. */
export async function heicFile(name = 'photo.heic'): Promise<TestFile> {
  return { name, content: await readFile(new URL('../fixtures/gradient.heic', import.meta.url)) };
}

/** The same picture, that claims to be so large: its `ispe` boxes hold width and height. */
export async function claimedSize(width: number, height: number): Promise<TestFile> {
  const { content } = await heicFile();
  for (let at = content.indexOf('ispe'); at >= 0; at = content.indexOf('ispe', at + 1)) {
    content.writeUInt32BE(width, at + 8);
    content.writeUInt32BE(height, at + 12);
  }
  return { name: 'large.heic', content };
}

export function sha256Of({ content }: TestFile): string {
  return createHash('sha256').update(content).digest('hex');
}

/** `POST /v1/assets` as a browser would. */
export async function postFiles<T>(service: Where, ...files: TestFile[]): Promise<{ status: number; body: T }> {
  return postForm(service, formOf(...files));
}

export function formOf(...files: TestFile[]): FormData {
  const form = new FormData();
  for (const { name, content } of files) form.append('file', new Blob([new Uint8Array(content)]), name);
  return form;
}

export async function postForm<T>(
  service: Where,
  body: FormData,
  more: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; body: T }> {
  const headers = { authorization: `Bearer ${service.env.BOOTSTRAP_API_KEY}`, ...more };
  const answer = await fetch(`${service.url}/v1/assets`, { method: 'POST', headers, body });
  const given = (await answer.json()) as T;
  const { status } = answer;
  await expectContract(service.url, {
    method: 'POST',
    path: '/v1/assets',
    status,
    headers: Object.fromEntries(answer.headers),
    body: given,
  });
  return { status, headers: answer.headers, body: given };
}

/** Gives one file; fails the test when it is not taken. */
export async function giveFile(service: Where, file: TestFile): Promise<AssetView> {
  const { status, body } = await postFiles<{ data: AssetView[] }>(service, file);
  const asset = body.data?.[0];
  if (status !== 201 || !asset) throw new Error(`not taken: ${status} ${JSON.stringify(body)}`);
  return asset;
}
