import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../src/lib/ids.ts';
import { giveFile, heicFile, mp4File, pngFile, type TestFile, textFile } from '../support/files.ts';
import { startService, type TestService } from '../support/service.ts';

type Problem = { status: number; code: string; errors?: { pointer: string; detail: string }[] };

let service: TestService;

beforeAll(async () => {
  service = await startService({ workers: false, env: { MAX_UPLOAD_BYTES: '30MB' } });
});

afterAll(() => service?.stop());

const give = async (file: TestFile) => ({ asset_id: (await giveFile(service, file)).id });
const stored = async () => {
  const [row] = await service.database.sql<{ jobs: number; sessions: number }>(
    'SELECT (SELECT count(*) FROM job)::int AS jobs, (SELECT count(*) FROM session)::int AS sessions',
  );
  return row;
};

async function refused(body: Record<string, unknown>): Promise<{ pointer: string; detail: string }[]> {
  const before = await stored();
  const answer = await service.client.post<Problem>('/v1/jobs', body);
  expect(answer.body).toMatchObject({ status: 422, code: 'validation_failed' });
  expect(await stored()).toEqual(before);
  return answer.body.errors ?? [];
}

const UPLOAD = { type: 'upload' };
const GENERATE = { type: 'generate', prompt: 'A fox' };
const url = (address: string) => ({ ...UPLOAD, assets: [{ url: address }] });

describe('assets that cannot be: 422 with a pointer per fault, nothing stored', () => {
  it.each<[string, Record<string, unknown>, string[]]>([
    ['no assets', UPLOAD, ['/assets']],
    ['an empty list', { ...UPLOAD, assets: [] }, ['/assets']],
    ['assets that are no list', { ...GENERATE, assets: 'ast_1' }, ['/assets']],
    ['too many', { ...UPLOAD, assets: Array(21).fill({ url: 'https://a.example/a.png' }) }, ['/assets']],
    ['neither id nor URL', { ...GENERATE, assets: [{}] }, ['/assets/0']],
    ['both', { ...UPLOAD, assets: [{ asset_id: newId('ast'), url: 'https://a.example/a.png' }] }, ['/assets/0']],
    ['another field', { ...UPLOAD, assets: [{ asset_id: newId('ast'), name: 'x' }] }, ['/assets/0/name']],
    ['what is no id', { ...GENERATE, assets: [{ asset_id: 'x' }] }, ['/assets/0/asset_id']],
    ['the id of a job', { ...GENERATE, assets: [{ asset_id: newId('job') }] }, ['/assets/0/asset_id']],
    [
      'unknown ones',
      {
        ...UPLOAD,
        assets: [{ asset_id: newId('ast') }, { url: 'https://a.example/a.png' }, { asset_id: newId('ast') }],
      },
      ['/assets/0/asset_id', '/assets/2/asset_id'],
    ],
    ['assets of an export', { type: 'export', session_id: newId('ses'), assets: [] }, ['/assets']],
    ['a prompt of an upload', { ...url('https://a.example/a.png'), prompt: 'A fox' }, ['/prompt']],
    ['what is no URL', url('photo.png'), ['/assets/0/url']],
    ['FTP', url('ftp://a.example/a.png'), ['/assets/0/url']],
    ['a file of ours', url('file:///etc/passwd'), ['/assets/0/url']],
    ['a password', url('https://me:secret@a.example/a.png'), ['/assets/0/url']],
    ['an endless URL', url(`https://a.example/${'x'.repeat(2_100)}.png`), ['/assets/0/url']],
    ['a HEIC somewhere else', url('https://a.example/A.HEIC?x=1'), ['/assets/0/url']],
    ['a text somewhere else', url('https://a.example/a.txt#top'), ['/assets/0/url']],
    [
      'a film for a skill of images',
      { ...url('https://a.example/a.mp4'), skill: 'pixverse-ai-image-to-video' },
      ['/assets/0/url'],
    ],
    [
      'several at once',
      { ...GENERATE, prompt: '', skill: 'nemo-video', assets: [{ url: 'x' }, {}] },
      ['/prompt', '/assets/0/url', '/assets/1'],
    ],
  ])('%s', async (_what, body, pointers) => {
    const faults = await refused(body);
    expect(faults.map(({ pointer }) => pointer).sort()).toEqual([...pointers].sort());
    for (const { detail } of faults) expect(detail).not.toBe('');
  });

  it('tells to upload a HEIC or a text first', async () => {
    expect((await refused(url('https://a.example/a.heic')))[0]?.detail).toMatch(/uploaded first/);
  });

  it.each<[string, string, () => Promise<TestFile>, RegExp]>([
    ['a film', 'pixverse-ai-image-to-video', async () => mp4File(), /jpg, png, webp, heic/],
    ['a HEIC image', 'pika-labs', () => heicFile(), /heic/],
    ['a text', 'nemo-video', async () => textFile('A fox'), /txt/],
    ['an image of more than 20 MB', 'pixverse-ai-image-to-video', async () => pngFile('a.png', 20_000_001), /20000000/],
  ])('%s is not for every skill (%s)', async (_what, skill, make, detail) => {
    const asset = await give(await make());
    const faults = await refused({ ...GENERATE, skill, assets: [{ url: 'https://a.example/a.png' }, asset] });
    expect(faults).toEqual([{ pointer: '/assets/1/asset_id', detail: expect.stringMatching(detail) }]);
  });
});

describe('a text asset', () => {
  const skill = 'sora-video-generation';
  const words = (count: number) => textFile('x'.repeat(count));

  it.each<[string, () => Promise<Record<string, unknown>>, string]>([
    [
      'of an upload',
      async () => ({ type: 'upload', skill, assets: [await give(textFile('A fox'))] }),
      '/assets/0/asset_id',
    ],
    [
      'of blanks',
      async () => ({ type: 'generate', skill, assets: [await give(textFile(' \n'))] }),
      '/assets/0/asset_id',
    ],
    [
      'that is too long',
      async () => ({ type: 'generate', skill, assets: [await give(words(10_001))] }),
      '/assets/0/asset_id',
    ],
    [
      'of megabytes',
      async () => ({ type: 'generate', skill, assets: [await give(words(3_000_000))] }),
      '/assets/0/asset_id',
    ],
    [
      'too long with its prompt',
      async () => ({ ...GENERATE, skill, assets: [await give(words(9_995))] }),
      '/assets/0/asset_id',
    ],
    [
      'beside another',
      async () => ({ type: 'generate', skill, assets: [await give(textFile('A fox')), await give(textFile('A cat'))] }),
      '/assets/1/asset_id',
    ],
    ['that is missing', async () => ({ type: 'generate', skill, assets: [await give(pngFile())] }), '/prompt'],
  ])('%s: 422', async (_what, make, pointer) => {
    expect((await refused(await make())).map((fault) => fault.pointer)).toEqual([pointer]);
  });

  it('of exactly 10,000 characters is taken', async () => {
    const job = await service.client.submit({ type: 'generate', skill, assets: [await give(words(10_000))] });
    expect(job.input).toMatchObject({ prompt: 'x'.repeat(10_000) });
  });

  it('as a prompt is counted in characters, as the OpenAPI document does, whatever they take to be stored', async () => {
    const foxes = (count: number) => '🦊'.repeat(count);
    const asset = await give(textFile(foxes(10_000)));
    for (const body of [{ prompt: foxes(10_000) }, { assets: [asset] }]) {
      const job = await service.client.submit({ type: 'generate', skill, ...body });
      expect(job.input).toMatchObject({ prompt: foxes(10_000) });
    }
    expect(await refused({ type: 'generate', skill, prompt: foxes(10_001) })).toMatchObject([{ pointer: '/prompt' }]);
    expect(await refused({ type: 'generate', skill, prompt: 'A', assets: [asset] })).toMatchObject([
      { pointer: '/assets/0/asset_id' },
    ]);
  });
});

it('takes what fits: files and URLs, in any number up to 20', async () => {
  const photo = await give(pngFile());
  const assets = [photo, ...Array(19).fill({ url: 'https://a.example/猫.jpeg' })];
  const job = await service.client.submit({ ...GENERATE, skill: 'pixverse-ai-image-to-video', assets });
  const normal = { url: 'https://a.example/%E7%8C%AB.jpeg' };
  expect(job.input).toMatchObject({ prompt: 'A fox', assets: [photo, ...Array(19).fill(normal)] });
});
