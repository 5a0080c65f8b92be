import { describe, expect, it } from 'vitest';
import { startSandbox } from './sandbox-client.ts';

/** A session with a video, made under some markers. */
async function made(markers = '', speed = 5000) {
  const sandbox = await startSandbox({ speed });
  const user = await sandbox.user();
  const sid = await user.session();
  await user.say(sid, `a fox ${markers}`);
  const { draft } = await user.state(sid);
  return { sandbox, user, sid, draft, submit: (id: string) => user.submit(sid, id, draft) };
}

it('renders a draft, for nothing', async () => {
  const { sandbox, user, submit } = await made('', 500);
  const before = await user.credits();
  expect((await submit('render_a')).json).toEqual({ taskId: 'render_a', status: 'pending', progress: 0 });
  const url = `${sandbox.url}/files/render_a.mp4`;
  const done = await user.rendered('render_a');
  expect(done).toMatchObject({ taskId: 'render_a', status: 'completed', progress: 100, output: { url } });
  expect((await sandbox.call('GET', `/files/render_a.mp4`)).headers.get('content-length')).toBe(
    String(done.output.size),
  );
  const download = await user.get('/api/render/proxy/render_a/download');
  expect([download.status, download.headers.get('content-type')]).toEqual([200, 'video/mp4']);
  expect(await user.credits()).toEqual(before);
  const [render] = (await sandbox.log()).renders;
  expect(render).toMatchObject({ id: 'render_a', submits: 1, accepted: true, status: 'completed' });
  expect(render.output).toEqual({ format: 'mp4', quality: 'high' });
});

it('renders an older draft of the session too', async () => {
  const { user, sid, draft } = await made();
  await user.say(sid, 'an edit');
  expect((await user.submit(sid, 'render_old', draft)).status).toBe(200);
});

it('refuses a duplicate id, and does not know others', async () => {
  const { sandbox, user, submit } = await made();
  await submit('render_a');
  const again = await submit('render_a');
  expect([again.status, again.json]).toEqual([409, { success: false, error: 'duplicate id' }]);
  expect((await sandbox.log()).renders).toMatchObject([{ id: 'render_a', submits: 2, accepted: true }]);
  for (const path of ['lambda/render_b', 'render_b/download']) {
    const unknown = await user.get(`/api/render/proxy/${path}`);
    expect([unknown.status, unknown.json.success]).toEqual([404, false]);
  }
  const stranger = await sandbox.user('stranger');
  expect((await stranger.get('/api/render/proxy/lambda/render_a')).status).toBe(404);
});

it('cancels a render', async () => {
  const { sandbox, user, submit } = await made('#render-slow', 1000);
  await submit('render_a');
  expect((await user.post('/api/render/proxy/lambda/render_a/cancel')).json).toEqual({ success: true });
  expect(await user.rendered('render_a')).toMatchObject({ status: 'failed', error: 'canceled' });
  expect((await user.post('/api/render/proxy/lambda/render_a/cancel')).status).toBe(409);
  expect((await sandbox.log()).renders).toMatchObject([{ status: 'canceled' }]);
  expect((await sandbox.call('GET', '/files/render_a.mp4')).status).toBe(404);
});

it('blocks an export without attribution', async () => {
  const { sandbox, user, sid, draft } = await made();
  const { 'X-Skill-Platform': _platform, ...headers } = user.headers;
  const body = { id: 'render_a', sessionId: sid, draft, output: { format: 'mp4', quality: 'high' } };
  const answer = await sandbox.call('POST', '/api/render/proxy/lambda', body, headers);
  expect([answer.status, answer.json.code]).toEqual([402, 402]);
  expect((await sandbox.log()).renders).toMatchObject([{ accepted: false, status: 'refused' }]);
});

describe('stories', () => {
  it('render-fails-once', async () => {
    const { user, submit } = await made('#render-fails-once');
    await submit('render_a');
    expect(await user.rendered('render_a')).toMatchObject({ status: 'failed', error: expect.any(String) });
    await submit('render_b');
    expect(await user.rendered('render_b')).toMatchObject({ status: 'completed' });
  });

  it('render-fails, together with a story of the turn', async () => {
    const { sandbox, user, submit } = await made('#silent #render-fails');
    for (const id of ['render_a', 'render_b']) {
      await submit(id);
      expect(await user.rendered(id)).toMatchObject({ status: 'failed' });
    }
    expect((await sandbox.log()).messages).toMatchObject([{ story: 'silent render-fails' }]);
  });

  it('render-slow', async () => {
    const { user, submit } = await made('#render-slow', 2000);
    await submit('render_a');
    const begin = performance.now();
    expect(await user.rendered('render_a')).toMatchObject({ status: 'completed' });
    expect(performance.now() - begin).toBeGreaterThan(200);
  });

  it('export-402', async () => {
    const { submit } = await made('#export-402');
    const answer = await submit('render_a');
    expect([answer.status, answer.json.code]).toEqual([402, 402]);
  });

  it.each([
    ['render-no-url', undefined],
    ['render-dead-url', expect.stringContaining('/files/render_a.mp4')],
  ])('%s: only the download works', async (story, url) => {
    const { sandbox, user, submit } = await made(`#${story}`);
    await submit('render_a');
    const done = await user.rendered('render_a');
    expect([done.status, done.output.url, done.output.duration]).toEqual(['completed', url, 2]);
    expect((await sandbox.call('GET', '/files/render_a.mp4')).status).toBe(404);
    const download = await user.get('/api/render/proxy/render_a/download');
    expect([download.status, download.headers.get('content-type')]).toEqual([200, 'video/mp4']);
  });

  it('render-no-url in the other shape', async () => {
    const { user, submit } = await made('#render-no-url #official-render');
    await submit('render_a');
    expect((await user.rendered('render_a')).data).toMatchObject({ status: 'completed', outputUrl: null });
  });

  it('render-duplicate: the first submit only', async () => {
    const { sandbox, user, submit } = await made('#render-duplicate');
    const first = await submit('render_a');
    expect([first.status, first.json.error]).toEqual([409, 'duplicate id']);
    expect((await user.get('/api/render/proxy/lambda/render_a')).status).toBe(404);
    expect((await submit('render_b')).status).toBe(200);
    expect((await sandbox.log()).renders).toMatchObject([
      { id: 'render_a', accepted: false },
      { id: 'render_b', accepted: true },
    ]);
  });

  it('render-lost-answer: taken all the same', async () => {
    const { sandbox, user, submit } = await made('#render-lost-answer');
    await expect(submit('render_a')).rejects.toThrow('fetch failed');
    expect(await user.rendered('render_a')).toMatchObject({ status: 'completed' });
    expect((await submit('render_a')).status).toBe(409);
    expect((await submit('render_b')).status).toBe(200);
    expect((await sandbox.log()).renders).toMatchObject([
      { submits: 2, accepted: true },
      { submits: 1, accepted: true },
    ]);
  });

  it('render-forgotten: by the first poll of each', async () => {
    const { user, submit } = await made('#render-forgotten');
    for (const id of ['render_a', 'render_b']) {
      await submit(id);
      expect((await user.get(`/api/render/proxy/lambda/${id}`)).status).toBe(404);
      expect(await user.rendered(id)).toMatchObject({ status: 'completed' });
    }
  });

  it('render-stuck: until it is canceled', async () => {
    const { user, submit } = await made('#render-stuck', 100_000);
    await submit('render_a');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const poll = await user.get('/api/render/proxy/lambda/render_a');
    expect(poll.json).toEqual({ taskId: 'render_a', status: 'processing', progress: 0 });
    expect((await user.post('/api/render/proxy/lambda/render_a/cancel')).status).toBe(200);
  });

  it('a standing story counts for sessions whose turns have set none', async () => {
    const { sandbox, submit } = await made();
    await sandbox.put('story', { story: 'export-402' });
    expect((await submit('render_a')).status).toBe(402);
  });

  it('#official-render changes the shape', async () => {
    const { sandbox, user, submit } = await made('#official-render');
    await submit('render_a');
    expect(await user.rendered('render_a')).toEqual({
      success: true,
      data: {
        id: 'render_a',
        status: 'completed',
        progress: 100,
        outputUrl: `${sandbox.url}/files/render_a.mp4`,
        createdAt: expect.any(String),
        completedAt: expect.any(String),
      },
    });
  });
});
