import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createOutputs, OutputTooLarge } from '../../../src/lib/nemo/output.ts';

const WHO = { token: 'nmv_usr_1', skill: { name: 'nemo-video', version: '1.9', platform: 'unknown' } };
const NEVER = new AbortController().signal;
const FILM = 'a film of bytes';

let server: Server;
let url: string;

beforeAll(async () => {
  server = createServer((_request, response) => response.end(FILM));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => server?.close());

async function download(maxBytes?: number): Promise<string> {
  const outputs = createOutputs(url, maxBytes);
  try {
    const { body } = await outputs.download(WHO, 'render_1', NEVER);
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  } finally {
    await outputs.close();
  }
}

it('a finished file is read to its end', async () => {
  expect(await download()).toBe(FILM);
  expect(await download(FILM.length)).toBe(FILM);
});

it('one that is too large to be kept is not', async () => {
  await expect(download(FILM.length - 1)).rejects.toThrow(OutputTooLarge);
});
