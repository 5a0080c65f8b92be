import { describe, expect, it } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { startSandbox, textsIn } from './sandbox-client.ts';

async function started(speed = 2000) {
  const sandbox = await startSandbox({ speed });
  const user = await sandbox.user();
  return { sandbox, user, sid: await user.session() };
}

describe('story', () => {
  it('counts for so many turns without a marker', async () => {
    const { sandbox, user, sid } = await started();
    await sandbox.put('story', { story: 'text', times: 1 });
    await user.say(sid, 'a fox #no-change');
    await user.say(sid, 'a fox');
    expect((await user.state(sid)).draft).toEqual({});
    await user.say(sid, 'a fox');
    expect((await user.state(sid)).draft.t).toHaveLength(3);
    const stories = (await sandbox.log()).messages.map(({ story }: { story: string | null }) => story);
    expect(stories).toEqual(['no-change', 'text', null]);
  });

  it('holds until it is taken back', async () => {
    const { sandbox, user, sid } = await started();
    await sandbox.put('story', { story: 'silent' });
    for (const text of ['a fox', 'an edit']) expect(textsIn((await user.say(sid, text)).frames)).toEqual([]);
    await sandbox.put('story', { story: null });
    expect(textsIn((await user.say(sid, 'an edit')).frames)).toHaveLength(1);
  });

  it('has to exist', async () => {
    const { sandbox } = await started();
    const answer = await sandbox.put('story', { story: 'constructor' });
    expect(answer.status).toBe(400);
    expect(answer.json.message).toContain('ok, thought, unicode');
  });
});

describe('fault', () => {
  it.each<[string, Record<string, unknown>, number, string]>([
    ['a status', { status: 503 }, 503, '{"message":"injected fault"}'],
    ['a code', { code: 1001 }, 200, '{"code":1001,"message":"injected fault"}'],
    ['a body', { status: 502, body: '<html>gone</html>' }, 502, '<html>gone</html>'],
  ])('answers with %s, so many times', async (_what, fault, status, body) => {
    const { sandbox, user, sid } = await started();
    await sandbox.put('fault', { route: 'GET /api/state', times: 2, ...fault });
    const path = `/api/state/nemo_agent/me/${sid}/latest`;
    for (let at = 0; at < 2; at += 1) {
      const answer = await user.get(path);
      expect([answer.status, answer.text]).toEqual([status, body]);
    }
    expect((await user.get(path)).json.code).toBe(0);
    expect((await sandbox.log()).requests['GET /api/state/nemo_agent/me/:sid/latest']).toBe(3);
  });

  it('resets the connection, and the message counts as sent', async () => {
    const { sandbox, user, sid } = await started();
    await sandbox.put('fault', { route: 'POST /run_sse', times: 1, reset: true });
    await expect(user.say(sid, 'a fox')).rejects.toThrow('fetch failed');
    expect((await sandbox.log()).messages).toMatchObject([{ text: 'a fox', status: 'refused', charged: 0 }]);
    expect((await user.state(sid)).draft).toEqual({});
  });

  it('delays', async () => {
    const { sandbox, user } = await started();
    await sandbox.put('fault', { route: 'GET /api/credits', times: 1, delay_ms: 60 });
    const begin = performance.now();
    expect(await user.credits()).toMatchObject({ total: 1000 });
    expect(performance.now() - begin).toBeGreaterThan(50);
  });

  it.each([
    [{ route: 'GET /', times: 1 }],
    [{ route: '/api', times: 1, status: 500 }],
    [{ route: 'GET /', status: 500 }],
  ])('has to be complete: %o', async (fault) => {
    const { sandbox } = await started();
    expect((await sandbox.put('fault', fault)).status).toBe(400);
  });
});

it('reset forgets everything and breaks off what runs', async () => {
  const { sandbox, user, sid } = await started(10);
  const turn = user.say(sid, 'a fox #heartbeats-only');
  await waitFor('the turn', async () => (await user.credits()).frozen === 100);
  await sandbox.call('POST', '/__sandbox/reset');
  expect((await turn).isWhole).toBe(false);
  expect(await sandbox.log()).toEqual({
    requests: {},
    messages: [],
    overlapping: 0,
    renders: [],
    tokens: [],
    missing_headers: [],
    uploads: [],
    charged_total: 0,
  });
  expect((await user.get(`/api/state/nemo_agent/me/${sid}/latest`)).json.code).toBe(1002);
});

it('closing breaks off what runs, and no sandbox knows of another', async () => {
  const { sandbox, user, sid } = await started(10);
  const other = await startSandbox();
  const turn = user.say(sid, 'a fox #heartbeats-only');
  await waitFor('the turn', async () => (await user.credits()).frozen === 100);
  await sandbox.close();
  expect((await turn).isWhole).toBe(false);
  await expect(fetch(sandbox.url)).rejects.toThrow();
  expect((await other.log()).messages).toEqual([]);
});
