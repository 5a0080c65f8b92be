import { expect, it } from 'vitest';
import { readSessionFiles } from '../../../src/lib/domain/session-files.ts';

const URL = 'https://cdn.example/a';

it('lists what was brought into the session, of any kind', () => {
  const video_infos = [
    { filename: 'a.mp4', file_type: 'video', cdn_url: `${URL}.mp4`, duration: 3 },
    { filename: 'b.jpg', cdn_url: `${URL}.jpg` },
    { url: URL },
  ];
  const files = [
    { filename: 'a.mp4', kind: 'video', url: `${URL}.mp4` },
    { filename: 'b.jpg', kind: 'image', url: `${URL}.jpg` },
    { filename: null, kind: 'other', url: URL },
  ];
  expect(readSessionFiles({ state: { video_infos } })).toEqual(files);
  expect(readSessionFiles({ video_infos })).toEqual(files);
  expect(readSessionFiles({ video_infos, generated_media: [{ url: `${URL}.mp4` }] })).toEqual(files.slice(1));
});

it.each([null, 'x', {}, { state: null }, { state: { video_infos: {} } }, { video_infos: [null, 7, {}, { url: '' }] }])(
  'of %j there is nothing to list',
  (data) => expect(readSessionFiles(data)).toEqual([]),
);
