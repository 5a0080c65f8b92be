import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import path from 'node:path';
import pg from 'pg';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { newId } from '../../src/lib/ids.ts';
import {
  type AssetView,
  formOf,
  giveFile,
  heicFile,
  mp4File,
  pngFile,
  postFiles,
  postForm,
  sha256Of,
  type TestFile,
  textFile,
} from '../support/files.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

type List = { object: 'list'; data: AssetView[]; has_more?: boolean };
type Problem = { status: number; code: string; detail: string; errors?: { pointer: string }[] };

const LIMIT = 3_000_000;
let service: TestService;

beforeAll(async () => {
  service = await startService({ workers: false, env: { MAX_UPLOAD_BYTES: '3MB' } });
});

afterAll(() => service?.stop());

/** Rows and files, those on their way in included. */
async function kept(): Promise<{ rows: number; files: number }> {
  const [row] = await service.database.sql<{ rows: number }>('SELECT count(*)::int AS rows FROM asset');
  const entries = await readdir(path.join(service.env.DATA_DIR ?? '', 'assets'), {
    recursive: true,
    withFileTypes: true,
  }).catch(() => []);
  return { rows: row?.rows ?? 0, files: entries.filter((entry) => entry.isFile()).length };
}

async function unchanged<T>(work: () => Promise<T>): Promise<T> {
  const before = await kept();
  const result = await work();
  expect(await kept()).toEqual(before);
  return result;
}

describe('giving files', () => {
  it.each<[string, TestFile, Partial<AssetView>]>([
    ['a PNG', pngFile('a.png'), { kind: 'image', content_type: 'image/png' }],
    ['an MP4 of the largest size', mp4File('b.mp4', LIMIT), { kind: 'video', content_type: 'video/mp4' }],
    ['an image that is called a film', pngFile('c.mp4'), { kind: 'image', content_type: 'image/png' }],
    ['text', textFile('A fox, 猫 and a 🦊', 'd.txt'), { kind: 'text', content_type: 'text/plain' }],
    ['a name in any script', pngFile('猫 1.png'), { kind: 'image' }],
  ])('%s is an asset: its kind is that of its bytes', async (_what, file, expected) => {
    const { status, body } = await postFiles<List>(service, file);
    expect(status).toBe(201);
    expect(body).toEqual({ object: 'list', data: [expect.anything()] });
    expect(body.data[0]).toMatchObject({
      id: expect.stringMatching(/^ast_/),
      object: 'asset',
      filename: file.name,
      bytes: file.content.length,
      sha256: sha256Of(file),
      created_at: expect.stringMatching(/Z$/),
      ...expected,
    });
    expect(Object.keys(body.data[0] ?? {})).toHaveLength(8);
  });

  it('takes a HEIC image as it is', async () => {
    const file = await heicFile();
    expect(await giveFile(service, file)).toMatchObject({
      kind: 'image',
      content_type: 'image/heic',
      sha256: sha256Of(file),
    });
  });

  it('takes several files at once, in their order', async () => {
    const { body } = await postFiles<List>(service, pngFile('1.png'), mp4File('2.mp4'), textFile('3', '3.txt'));
    expect(body.data.map(({ filename }) => filename)).toEqual(['1.png', '2.mp4', '3.txt']);
  });

  it.each([
    ['no name', ''],
    ['an empty name', '; filename=""'],
  ])('a file with %s is called “file”', async (_what, name) => {
    const head = `Content-Disposition: form-data; name="f"${name}\r\nContent-Type: application/octet-stream`;
    const type = { 'content-type': 'multipart/form-data; boundary=x' };
    const answer = await service.client.post<List>('/v1/assets', `--x\r\n${head}\r\n\r\nA fox\r\n--x--\r\n`, type);
    expect(answer).toMatchObject({ status: 201, body: { data: [{ filename: 'file', kind: 'text' }] } });
  });

  it.each<[string, TestFile[], number, string]>([
    ['a file over the limit', [pngFile('a.png', LIMIT + 1)], 413, 'payload_too_large'],
    ['one over the limit behind a good one', [pngFile(), mp4File('b.mp4', LIMIT + 1)], 413, 'payload_too_large'],
    ['one over the limit before a good one', [mp4File('b.mp4', LIMIT + 500_000), pngFile()], 413, 'payload_too_large'],
    ['too many files', Array.from({ length: 21 }, () => pngFile()), 413, 'payload_too_large'],
    ['a program', [{ name: 'a.png', content: Buffer.from('7f454c4602010100', 'hex') }], 415, 'unsupported_media_type'],
    ['a PDF', [{ name: 'a.txt', content: Buffer.from('%PDF-1.7 and more') }], 415, 'unsupported_media_type'],
    ['text with a NUL', [textFile('a\0b')], 415, 'unsupported_media_type'],
    [
      'text that is no UTF-8',
      [{ name: 'a.txt', content: Buffer.from('Käse', 'latin1') }],
      415,
      'unsupported_media_type',
    ],
    ['an empty file', [textFile('')], 415, 'unsupported_media_type'],
    ['unknown bytes behind a good file', [pngFile(), textFile('\u0001')], 415, 'unsupported_media_type'],
    ['a name that is too long', [pngFile(`${'x'.repeat(252)}.png`)], 422, 'validation_failed'],
    ['no file', [], 422, 'validation_failed'],
  ])('%s: nothing is kept, neither rows nor files', async (_what, files, status, code) => {
    const answer = await unchanged(() => postFiles<Problem>(service, ...files));
    expect(answer.body).toMatchObject({ status, code });
    expect(answer.status).toBe(status);
  });

  it('refuses fields that are no files, by name', async () => {
    const form = new FormData();
    form.append('file', new Blob([new Uint8Array(pngFile().content)]), 'a.png');
    form.append('title', 'My photo');
    const answer = await unchanged(() => postForm<Problem>(service, form));
    expect(answer.body).toMatchObject({ status: 422, errors: [{ pointer: '/title' }] });
  });

  it.each([
    ['another content type', 'application/json', '{}', 415],
    ['no boundary', 'multipart/form-data', '--x', 422],
    ['a body that breaks off', 'multipart/form-data; boundary=x', '--x\r\nContent-Disposition: form-data; na', 422],
    [
      'a file that breaks off',
      'multipart/form-data; boundary=x',
      '--x\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nhalf',
      422,
    ],
  ])('%s is refused', async (_what, type, body, status) => {
    const answer = await unchanged(() => service.client.post<Problem>('/v1/assets', body, { 'content-type': type }));
    expect(answer.body.status).toBe(status);
  });

  /** A client that has sent half a file, of which some is on the disk. */
  async function halfSent(): Promise<Socket> {
    const before = await kept();
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    await once(socket, 'connect');
    socket.write(
      `POST /v1/assets HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${service.env.BOOTSTRAP_API_KEY}\r\n` +
        'Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 2000000\r\n\r\n' +
        '--x\r\nContent-Disposition: form-data; name="f"; filename="a.png"\r\n\r\n',
    );
    socket.write(pngFile('a.png', 500_000).content);
    await waitFor('the beginning of a file', async () => (await kept()).files > before.files);
    return socket;
  }

  it('a commit whose answer is lost keeps the files: the same request again is answered with them', async () => {
    const { query } = pg.Client.prototype;
    const spied = vi.spyOn(pg.Client.prototype, 'query').mockImplementation(function (
      this: pg.Client,
      ...asked: unknown[]
    ) {
      const answer: unknown = Reflect.apply(query, this, asked);
      if (asked[0] !== 'COMMIT') return answer;
      return (answer as Promise<unknown>).then(() => {
        throw new Error('Connection terminated unexpectedly');
      });
    });
    onTestFinished(() => spied.mockRestore());
    const before = await kept();
    const give = () => postForm<List>(service, formOf(pngFile()), { 'idempotency-key': 'lost-commit' });
    expect((await give()).status).toBe(503);
    spied.mockRestore();
    const again = await give();
    expect([again.status, again.headers.get('idempotent-replayed')]).toEqual([201, 'true']);
    expect(await kept()).toEqual({ rows: before.rows + 1, files: before.files + 1 });
  });

  it('a client that leaves in the middle leaves nothing behind', async () => {
    await unchanged(async () => {
      const before = await kept();
      (await halfSent()).destroy();
      await waitFor('the clean-up', async () => (await kept()).files === before.files);
    });
  });

  it('a client that is silent for a minute has gone', async () => {
    // The minute itself is left out.
    const limits: number[] = [];
    const { setTimeout: setLimit } = IncomingMessage.prototype;
    const spied = vi.spyOn(IncomingMessage.prototype, 'setTimeout').mockImplementation(function (
      this: IncomingMessage,
      ms,
      silent,
    ) {
      limits.push(ms);
      return setLimit.call(this, 500, silent);
    });
    onTestFinished(() => spied.mockRestore());
    await unchanged(async () => {
      const before = await kept();
      const socket = await halfSent();
      await once(socket.resume(), 'close');
      await waitFor('the clean-up', async () => (await kept()).files === before.files);
    });
    expect(limits).toEqual([60_000]);
  });
});

describe('looking at assets', () => {
  const remove = (id: string) =>
    request(`${service.url}/v1/assets/${id}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${service.env.BOOTSTRAP_API_KEY}` },
    }).then(async (answer) => ({ status: answer.statusCode, text: await answer.body.text() }));

  it('lists them, newest first, page by page', async () => {
    const given: string[] = [];
    for (const name of ['1.png', '2.png', '3.png']) given.unshift((await giveFile(service, pngFile(name))).id);
    const first = (await service.client.get<List>('/v1/assets?limit=2')).body;
    expect(first).toMatchObject({ object: 'list', has_more: true });
    expect(first.data.map(({ id }) => id)).toEqual(given.slice(0, 2));
    const next = (await service.client.get<List>(`/v1/assets?limit=1&starting_after=${given[1]}`)).body;
    expect(next.data.map(({ id }) => id)).toEqual(given.slice(2));
    const last = (await service.client.get<List>('/v1/assets?limit=100')).body;
    expect(last.has_more).toBe(false);
  });

  it.each([
    ['limit=0', '?limit'],
    ['limit=101', '?limit'],
    ['limit=many', '?limit'],
    ['starting_after=job_1', '?starting_after'],
    ['color=red', '?color'],
  ])('?%s: 422 at %s', async (query, pointer) => {
    const { body } = await service.client.get<Problem>(`/v1/assets?${query}`);
    expect(body).toMatchObject({ status: 422, errors: [{ pointer }] });
  });

  it('gives and deletes one', async () => {
    const asset = await giveFile(service, pngFile());
    expect((await service.client.get<AssetView>(`/v1/assets/${asset.id}`)).body).toEqual(asset);
    expect(await remove(asset.id)).toEqual({ status: 204, text: '' });
    expect((await service.client.get<Problem>(`/v1/assets/${asset.id}`)).status).toBe(404);
    expect((await remove(asset.id)).status).toBe(404);
    const { data } = (await service.client.get<List>('/v1/assets?limit=100')).body;
    expect(data.map(({ id }) => id)).not.toContain(asset.id);
    const named = { type: 'upload', assets: [{ asset_id: asset.id }] };
    expect((await service.client.post<Problem>('/v1/jobs', named)).body.errors).toMatchObject([
      { pointer: '/assets/0/asset_id' },
    ]);
  });

  it('shows nothing of another tenant', async () => {
    const { id } = await giveFile(service, pngFile());
    await service.database.sql("UPDATE asset SET tenant_id = 'someone else' WHERE id = $1", [id]);
    expect((await service.client.get(`/v1/assets/${id}`)).status).toBe(404);
    expect((await remove(id)).status).toBe(404);
    const { data } = (await service.client.get<List>('/v1/assets?limit=100')).body;
    expect(data.map((asset) => asset.id)).not.toContain(id);
    const named = { type: 'generate', prompt: 'A fox', assets: [{ asset_id: id }] };
    expect((await service.client.post<Problem>('/v1/jobs', named)).body.errors).toMatchObject([
      { pointer: '/assets/0/asset_id' },
    ]);
  });

  it.each(['nonsense', newId('ast'), newId('job')])('/v1/assets/%s: 404', async (id) => {
    expect((await service.client.get<Problem>(`/v1/assets/${id}`)).body).toMatchObject({ code: 'not_found' });
    expect((await remove(id)).status).toBe(404);
  });
});
