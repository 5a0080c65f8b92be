import { describe, expect, it } from 'vitest';
import { findUploaded, upstreamName, urlName } from '../../../src/lib/domain/uploaded-file.ts';

const ASSET = { source: 'ast_1', name: 'photo-abc123.png' };
const URL_FILE = { source: 'https://a.example/photo.png', name: 'photo.png' };
const at = (url: string) => ({ cdn_url: url, kind: null });

it.each<[string, unknown, { source: string; name: string }, string[], unknown]>([
  ['no state', null, ASSET, [], null],
  ['an empty state', { state: { video_infos: [], generated_media: [] } }, ASSET, [], null],
  [
    'video_infos',
    { state: { video_infos: [{ filename: ASSET.name, file_type: 'image', cdn_url: 'https://cdn/1' }] } },
    ASSET,
    [],
    { cdn_url: 'https://cdn/1', kind: 'image' },
  ],
  [
    'generated_media by id',
    { state: { generated_media: { m1: { name: ASSET.name, url: 'https://cdn/2' } } } },
    ASSET,
    [],
    at('https://cdn/2'),
  ],
  [
    'a path',
    { state: { files: [{ name: `/tmp/${ASSET.name}`, url: 'https://cdn/3' }] } },
    ASSET,
    [],
    at('https://cdn/3'),
  ],
  [
    'a name that only ends alike',
    { state: { video_infos: [{ filename: `x${ASSET.name}`, cdn_url: 'https://cdn/4' }] } },
    ASSET,
    [],
    null,
  ],
  [
    'our own name without an address',
    { state: { video_analyses: [{ filename: ASSET.name }] } },
    ASSET,
    [],
    { cdn_url: null, kind: null },
  ],
  [
    'an address rather than none',
    {
      state: {
        video_analyses: [{ filename: ASSET.name }],
        video_infos: [{ filename: ASSET.name, cdn_url: 'https://cdn/5' }],
      },
    },
    ASSET,
    [],
    at('https://cdn/5'),
  ],
  ['the address itself', { state: { video_infos: [{ cdn_url: URL_FILE.source }] } }, URL_FILE, [], at(URL_FILE.source)],
  [
    'a fetched file by its name',
    { state: { video_infos: [{ filename: 'photo.png', cdn_url: 'https://cdn/6' }] } },
    URL_FILE,
    [],
    at('https://cdn/6'),
  ],
  [
    'the file of another upload',
    { state: { video_infos: [{ filename: 'photo.png', cdn_url: 'https://cdn/6' }] } },
    URL_FILE,
    ['https://cdn/6'],
    null,
  ],
  [
    'an analysis of whatever has the name',
    { state: { video_analyses: [{ filename: 'photo.png' }] } },
    URL_FILE,
    [],
    null,
  ],
  [
    'a URL without a name',
    { state: { video_infos: [{ filename: '', cdn_url: 'https://cdn/7' }] } },
    { source: 'https://a.example/', name: '' },
    [],
    null,
  ],
])('%s', (_what, state, file, others, found) => {
  expect(findUploaded(state, file, new Set(others))).toEqual(found);
});

describe('the name upstream', () => {
  const id = 'ast_01m7yry6a4fezt3d46hshdfv7y';
  it.each([
    ['photo.png', 'png', 'photo-hdfv7y.png'],
    ['photo.jpeg', 'jpg', 'photo-hdfv7y.jpg'],
    ['IMG_1.HEIC', 'heic', 'IMG_1-hdfv7y.jpg'],
    ['my "best" photo.final.png', 'png', 'my-best-photo.final-hdfv7y.png'],
    ['猫の写真.png', 'png', '猫の写真-hdfv7y.png'],
    ['../../etc/passwd', 'mp4', 'etc-passwd-hdfv7y.mp4'],
    ['a\r\nb.png', 'png', 'a-b-hdfv7y.png'],
    ['.png', 'png', 'file-hdfv7y.png'],
    ['???', 'png', 'file-hdfv7y.png'],
    [`${'x'.repeat(100)}.png`, 'png', `${'x'.repeat(60)}-hdfv7y.png`],
    [`${'𠮷'.repeat(40)}.png`, 'png', `${'𠮷'.repeat(30)}-hdfv7y.png`],
    [`x${'𠮷'.repeat(40)}.png`, 'png', `x${'𠮷'.repeat(29)}-hdfv7y.png`],
  ])('of %s is %s → %s', (filename, format, name) => {
    expect(upstreamName({ id, filename, format })).toBe(name);
  });

  it.each([
    ['https://a.example/b/c.png?x=/d.png', 'c.png'],
    ['https://a.example/', ''],
  ])('of %s is %s', (url, name) => {
    expect(urlName(url)).toBe(name);
  });
});
