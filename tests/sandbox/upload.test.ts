import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { startSandbox } from './sandbox-client.ts';

const PATH = '/api/upload-video/nemo_agent/me';

function form(...files: [field: string, name: string, content: Uint8Array<ArrayBuffer>][]): FormData {
  const data = new FormData();
  for (const [field, name, content] of files) data.append(field, new Blob([content]), name);
  return data;
}

async function started(maxUploadBytes = 3_000_000) {
  const sandbox = await startSandbox({ maxUploadBytes });
  const user = await sandbox.user();
  const sid = await user.session();
  return { sandbox, user, sid, upload: (body: unknown) => user.post(`${PATH}/${sid}`, body) };
}

it('takes files, keeps what they were, and puts them into the session', async () => {
  const { sandbox, user, sid, upload } = await started();
  const film = new Uint8Array(2_000_000).fill(7);
  const { json } = await upload(form(['files', 'film.MP4', film], ['files', 'tune.mp3', new Uint8Array(3)]));
  expect(json.data.session_state_applied).toBe(true);
  const sha256 = createHash('sha256').update(film).digest('hex');
  expect(json.data.files).toMatchObject([
    { filename: 'film.MP4', file_type: 'video', hash: sha256 },
    { filename: 'tune.mp3', file_type: 'audio' },
  ]);
  expect((await user.state(sid)).video_infos).toEqual(json.data.files);
  expect((await sandbox.log()).uploads[0]).toEqual({ session_id: sid, filename: 'film.MP4', sha256, bytes: 2_000_000 });
  await waitFor('the analyses', async () => (await user.state(sid)).video_analyses?.length === 2);
  const { frames } = await user.say(sid, 'animate it');
  expect(frames[0].content.parts[1].functionCall.args.reference_files).toEqual(['film.MP4', 'tune.mp3']);
});

it('takes URLs', async () => {
  const { upload } = await started();
  const { json } = await upload({ urls: ['https://a.test/x/photo.webp?y=1'], source_type: 'url' });
  expect(json.data.files).toEqual([
    { filename: 'photo.webp', file_type: 'image', cdn_url: 'https://a.test/x/photo.webp?y=1' },
  ]);
});

it.each<[string, FormData, number, number]>([
  ['a format', form(['files', 'a.png', new Uint8Array(1)], ['files', 'b.heic', new Uint8Array(9)]), 200, 4001],
  ['a size', form(['files', 'a.mp4', new Uint8Array(3_000_001)]), 200, 4002],
  ['a field', form(['file', 'a.mp4', new Uint8Array(1)]), 400, 400],
  ['no file', form(), 400, 400],
])('refuses %s, and keeps nothing', async (_what, body, status, code) => {
  const { sandbox, user, sid, upload } = await started();
  const answer = await upload(body);
  expect([answer.status, answer.json.code]).toEqual([status, code]);
  expect((await user.state(sid)).video_infos).toEqual([]);
  expect((await sandbox.log()).uploads).toEqual([]);
});

it('takes a file of exactly the limit', async () => {
  const { upload } = await started(1000);
  expect((await upload(form(['files', 'a.mp4', new Uint8Array(1000)]))).json.code).toBe(0);
});
