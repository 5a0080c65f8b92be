import { createHash } from 'node:crypto';
import jpeg from 'jpeg-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import {
  claimedSize,
  giveFile,
  heicFile,
  mp4File,
  pngFile,
  sha256Of,
  type TestFile,
  textFile,
} from '../support/files.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service?.stop());

const give = async (file: TestFile) => (await giveFile(service, file)).id;
const run = async (body: Record<string, unknown>) => service.client.ended((await service.client.submit(body)).id);
const uploadsOf = async (name: string) =>
  (await service.sandbox.log()).uploads.filter(({ filename }) => filename === name);
const ledgerOf = (job: JobView) =>
  service.database.sql<{ source: string; name: string; state: string; cdn_url: string | null }>(
    'SELECT source, name, state, cdn_url FROM upload WHERE session_id = $1 ORDER BY created_at, source',
    [job.session_id],
  );

describe('an upload job', () => {
  it('brings files and URLs into a session of its own, byte for byte, and says what is there', async () => {
    const [photo, film] = [pngFile('My photo.png', 300_000), mp4File('film.mp4', 2_500_000)];
    const [photoId, filmId] = [await give(photo), await give(film)];
    const url = 'https://files.example/a/tune.mp3?x=1';
    const assets = [{ asset_id: photoId }, { url }, { asset_id: filmId }, { asset_id: photoId }];
    const accepted = await service.client.submit({ type: 'upload', assets });
    expect(accepted).toMatchObject({ type: 'upload', status: 'queued', input: { assets } });
    const job = await service.client.ended(accepted.id);
    const [photoName, filmName] = [`My-photo-${photoId.slice(-6)}.png`, `film-${filmId.slice(-6)}.mp4`];
    expect(await uploadsOf(photoName)).toMatchObject([{ sha256: sha256Of(photo), bytes: 300_000 }]);
    expect(await uploadsOf(filmName)).toMatchObject([{ sha256: sha256Of(film), bytes: 2_500_000 }]);
    expect(await uploadsOf('tune.mp3')).toMatchObject([{ sha256: null }]);
    expect(job).toMatchObject({
      status: 'succeeded',
      phase: 'upload',
      charged: 'no',
      cost: { certainty: 'none' },
      result: {
        text: '',
        changes: [],
        timeline: { tracks: [] },
        output: null,
        media: [
          { kind: 'image', url: expect.stringMatching(/\.png$/) },
          { kind: 'audio', url },
          { kind: 'video', url: expect.stringMatching(/\.mp4$/) },
        ],
        workspace_url: expect.stringContaining('clm_'),
      },
    });
    expect((await ledgerOf(job)).map(({ state }) => state)).toEqual(['done', 'done', 'done']);
    expect((await service.sandbox.log()).missing_headers).toEqual([]);
  });

  it('does not upload again what a later job of the session names again', async () => {
    const [one, two] = [await give(pngFile('one.png')), await give(pngFile('two.png'))];
    const first = await run({ type: 'upload', assets: [{ asset_id: one }] });
    const { session_id } = first;
    const second = await run({ type: 'upload', session_id, assets: [{ asset_id: one }, { asset_id: two }] });
    const third = await run({ type: 'generate', session_id, prompt: 'A fox', assets: [{ asset_id: two }] });
    expect([first, second, third].map((job) => job.status)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(second.result?.media).toHaveLength(2);
    expect(await uploadsOf(`one-${one.slice(-6)}.png`)).toHaveLength(1);
    expect(await uploadsOf(`two-${two.slice(-6)}.png`)).toHaveLength(1);
  });

  it.each([
    [{ code: 4001 }, 'unsupported_file', /png/],
    [{ code: 4002 }, 'file_too_large', /compress/],
    [{ status: 402 }, 'export_blocked', /./],
  ])('a refusal (%j) is the failure that the contract names', async (fault, code, message) => {
    await service.sandbox.fault({ route: 'POST /api/upload-video', times: 1, ...fault });
    const job = await run({ type: 'upload', assets: [{ asset_id: await give(pngFile()) }] });
    expect(job).toMatchObject({ status: 'failed', phase: 'upload', charged: 'no', error: { code } });
    expect(job.error?.message).toMatch(message);
  });

  it.each([[{ status: 503 }], [{ status: 429 }], [{ reset: true }]])(
    'trouble on the way (%j) is tried again, and the file comes once',
    async (fault) => {
      const id = await give(pngFile('again.png'));
      await service.sandbox.fault({ route: 'POST /api/upload-video', times: 1, ...fault });
      expect(await run({ type: 'upload', assets: [{ asset_id: id }] })).toMatchObject({ status: 'succeeded' });
      expect(await uploadsOf(`again-${id.slice(-6)}.png`)).toHaveLength(1);
    },
  );

  it('a session that is gone is replaced once, and not for ever', async () => {
    await service.sandbox.fault({ route: 'POST /api/upload-video', times: 2, code: 1002 });
    const job = await run({ type: 'upload', assets: [{ asset_id: await give(pngFile()) }] });
    expect(job).toMatchObject({ status: 'failed', error: { code: 'session_not_found' } });
  });
});

describe('a generate job with files', () => {
  it('uploads between session and conversation; the agent has them', async () => {
    const id = await give(pngFile('fox.png'));
    const job = await run({ type: 'generate', prompt: 'Let this fox run', assets: [{ asset_id: id }], export: true });
    expect(job).toMatchObject({ status: 'succeeded', result: { output: { verified: true } } });
    const events = await service.database.sql<{ phase: string }>(
      "SELECT phase FROM event WHERE job_id = $1 AND type IN ('job.started', 'job.phase') ORDER BY seq",
      [job.id],
    );
    expect(events.map(({ phase }) => phase)).toEqual(['session', 'upload', 'converse', 'render', 'verify']);
  });

  it('a session that had to be replaced gets its files anew', async () => {
    const id = await give(pngFile('anew.png'));
    // The first read of the state is that before the message: the file is in the old session by then.
    await service.sandbox.fault({ route: 'GET /api/state', times: 1, code: 1002 });
    const job = await run({ type: 'generate', prompt: 'A fox', assets: [{ asset_id: id }] });
    expect(job).toMatchObject({ status: 'succeeded' });
    const uploads = await uploadsOf(`anew-${id.slice(-6)}.png`);
    expect(new Set(uploads.map(({ session_id }) => session_id)).size).toBe(2);
  });

  it.each([
    [undefined, 'A fox in a text file'],
    ['Make it snow', 'Make it snow\n\nA fox in a text file'],
  ])('a TXT asset is the prompt, behind a prompt of its own (%s); it is not uploaded', async (prompt, sent) => {
    const id = await give(textFile('\uFEFFA fox in a text file\r\n'));
    const skill = 'sora-video-generation';
    const job = await run({ type: 'generate', skill, ...(prompt ? { prompt } : {}), assets: [{ asset_id: id }] });
    expect(job).toMatchObject({ status: 'succeeded', input: { prompt: sent, assets: [{ asset_id: id }] } });
    expect((await service.sandbox.log()).messages.filter(({ text }) => text === sent)).toHaveLength(1);
    expect(await ledgerOf(job)).toEqual([]);
  });
});

describe('a HEIC image', () => {
  const skill = 'pixverse-ai-image-to-video';

  it('goes upstream as JPEG', async () => {
    const id = await give(await heicFile('Fox.HEIC'));
    const job = await run({ type: 'upload', skill, assets: [{ asset_id: id }] });
    expect(job).toMatchObject({ status: 'succeeded', result: { media: [{ kind: 'image' }] } });
    const [upload] = await uploadsOf(`Fox-${id.slice(-6)}.jpg`);
    expect(upload?.bytes).toBeGreaterThan(500);
    expect(upload?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('keeps its size and its colours', async () => {
    const { createHeicConverter, UnsupportedImage } = await import('../../src/lib/assets/convert.ts');
    const converter = createHeicConverter();
    const { signal } = new AbortController();
    const { content } = await heicFile();
    const [first, damaged] = await Promise.allSettled([
      converter.toJpeg(async () => content, signal),
      converter.toJpeg(async () => createHash('sha512').update('x').digest(), signal),
    ]);
    if (first.status === 'rejected') throw first.reason;
    const picture = jpeg.decode(first.value);
    expect(picture).toMatchObject({ width: 64, height: 48 });
    const [red, green] = [picture.data[(24 * 64 + 62) * 4] ?? 0, picture.data[(46 * 64 + 2) * 4 + 1] ?? 0];
    expect(red).toBeGreaterThan(200);
    expect(green).toBeGreaterThan(180);
    expect(damaged).toMatchObject({ status: 'rejected', reason: expect.any(UnsupportedImage) });
  });

  it.each<[string, () => Promise<TestFile>, RegExp]>([
    [
      'damaged',
      async () => {
        const { content } = await heicFile();
        return { name: 'damaged.heic', content: content.fill(0x5a, content.indexOf('mdat') + 4) };
      },
      /converted/,
    ],
    ['cut off', async () => ({ name: 'cut.heic', content: (await heicFile()).content.subarray(0, 300) }), /not found/],
    ['of more than 50 megapixels', () => claimedSize(10_000, 6_000), /10000 x 6000/],
  ])('that is %s fails as unsupported_file', async (_what, make, message) => {
    const id = await give(await make());
    const job = await run({ type: 'upload', skill, assets: [{ asset_id: id }] });
    expect(job).toMatchObject({
      status: 'failed',
      phase: 'upload',
      charged: 'no',
      error: { code: 'unsupported_file' },
    });
    expect(job.error?.message).toMatch(message);
  });
});
