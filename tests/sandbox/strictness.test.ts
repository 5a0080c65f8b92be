import { describe, expect, it } from 'vitest';
import { type Answer, startSandbox, type User } from './sandbox-client.ts';

const RUN = { app_name: 'nemo_agent', user_id: 'me', new_message: { parts: [{ text: 'hello?' }] } };
const TASK = '/api/tasks/me/with-session/nemo_agent';
const UPLOAD = '/api/upload-video/nemo_agent/me';
const RENDER = '/api/render/proxy/lambda';
const output = { format: 'mp4', quality: 'high' };

describe('what is not exactly as documented is refused', () => {
  type Case = [what: string, status: number, code: number, (user: User, sid: string) => Promise<Answer>];
  it.each<Case>([
    ['a session without a language', 400, 400, (user) => user.post(TASK, { task_name: 'project' })],
    ['a field that nobody knows', 400, 400, (user) => user.post(TASK, { task_name: 'p', language: 'en', x: 1 })],
    ['a body that is not JSON', 400, 400, (user) => user.post(TASK, '{"task_name":')],
    ['camelCase in a message', 400, 400, (user, sid) => user.post('/run_sse', { ...RUN, sessionId: sid })],
    [
      'a message without parts',
      400,
      400,
      (user, sid) => user.post('/run_sse', { ...RUN, session_id: sid, new_message: { parts: [] } }),
    ],
    ['another app', 400, 400, (user, sid) => user.post('/run_sse', { ...RUN, session_id: sid, app_name: 'other' })],
    ['a message to an unknown session', 404, 1002, (user) => user.post('/run_sse', { ...RUN, session_id: '1' })],
    ['the state of an unknown session', 404, 1002, (user) => user.get('/api/state/nemo_agent/me/1/latest')],
    [
      'a claim with a wrong task',
      404,
      1002,
      (user, sid) => user.post('/api/auth/claim-token', { task_id: 'x', session_id: sid }),
    ],
    ['an upload of nothing', 400, 400, (user, sid) => user.post(`${UPLOAD}/${sid}`, { urls: [], source_type: 'url' })],
    [
      'an upload of a text file',
      200,
      4001,
      (user, sid) => user.post(`${UPLOAD}/${sid}`, { urls: ['https://a.test/b.txt'], source_type: 'url' }),
    ],
    [
      'an upload to an unknown session',
      404,
      1002,
      (user) => user.post(`${UPLOAD}/1`, { urls: ['https://a.test/b.png'], source_type: 'url' }),
    ],
    [
      'snake_case in a render',
      400,
      400,
      (user, sid) => user.post(RENDER, { id: 'render_1', session_id: sid, draft: {}, output }),
    ],
    [
      'a render id of another form',
      400,
      400,
      (user, sid) => user.post(RENDER, { id: 'r1', sessionId: sid, draft: { t: [] }, output }),
    ],
    ['a render of an empty draft', 400, 400, (user, sid) => user.submit(sid, 'render_1', {})],
    [
      'a render of a draft of somebody else',
      400,
      400,
      (user, sid) => user.submit(sid, 'render_1', { t: [{ tt: 0, sg: [{}] }] }),
    ],
    ['an unknown path', 404, 404, (user) => user.get('/api/render/list')],
  ])('%s', async (_what, status, code, act) => {
    const sandbox = await startSandbox();
    const user = await sandbox.user();
    const answer = await act(user, await user.session());
    expect({ status: answer.status, code: answer.json.code }).toEqual({ status, code });
    expect(answer.json.message).toBeTypeOf('string');
  });
});

describe('tokens', () => {
  it.each([
    ['no header', undefined],
    ['another scheme', 'Basic nmv_usr_1'],
    ['a stranger', 'Bearer abc'],
    ['a bad one', 'Bearer nmv_usr_bad_1'],
    ['an expired one', 'Bearer nmv_usr_expired'],
  ])('are needed: %s', async (_what, header) => {
    const sandbox = await startSandbox();
    const headers: Record<string, string> = header === undefined ? {} : { Authorization: header };
    const answer = await sandbox.call('GET', '/api/credits/balance/simple', undefined, headers);
    expect([answer.status, answer.json.code]).toEqual([401, 1001]);
  });

  it('of registered users are taken as they are brought', async () => {
    const sandbox = await startSandbox({ registeredTokens: ['secret'], credits: 500 });
    for (const token of ['secret', 'nmv_usr_pro']) {
      expect(await sandbox.registered(token).credits()).toEqual({ available: 500, frozen: 0, total: 500 });
    }
  });

  const fetchToken = (sandbox: Awaited<ReturnType<typeof startSandbox>>, clientId?: string) =>
    sandbox.call('POST', '/api/auth/anonymous-token', undefined, clientId ? { 'X-Client-Id': clientId } : {});

  it('are issued once per client id until they expire, to the same user', async () => {
    const sandbox = await startSandbox({ credits: 60 });
    expect((await fetchToken(sandbox)).status).toBe(400);
    const first = (await fetchToken(sandbox, 'c')).json.data;
    expect(first).toMatchObject({ token: expect.stringMatching(/^nmv_usr_/), credits: 60 });
    expect(Date.parse(first.expires_at)).toBeGreaterThan(Date.now() + 6 * 24 * 3_600_000);
    expect((await fetchToken(sandbox, 'c')).status).toBe(429);

    await sandbox.call('POST', '/__sandbox/expire-tokens');
    const user = sandbox.registered(first.token);
    expect((await user.get('/api/credits/balance/simple')).json.code).toBe(1001);
    const second = (await fetchToken(sandbox, 'c')).json.data;
    expect(second.user_id).toBe(first.user_id);
    expect(second.token).not.toBe(first.token);
    expect((await sandbox.log()).tokens).toEqual([{ client_id: 'c', issued: 2 }]);
  });

  it('are capped per address', async () => {
    const sandbox = await startSandbox({ ipTokenCap: 2 });
    const statuses = [];
    for (const id of ['a', 'b', 'c']) statuses.push((await fetchToken(sandbox, id)).status);
    expect(statuses).toEqual([200, 200, 429]);
  });

  it('open only their own user’s sessions', async () => {
    const sandbox = await startSandbox();
    const sid = await (await sandbox.user('a')).session();
    const other = await sandbox.user('b');
    expect((await other.get(`/api/state/nemo_agent/me/${sid}/latest`)).json.code).toBe(1002);
  });
});

it('gives a claim token for a session', async () => {
  const sandbox = await startSandbox();
  const user = await sandbox.user();
  const { task_id, session_id } = (await user.post(TASK, { task_name: 'project', language: 'zh-CN' })).json.data;
  expect(session_id).toMatch(/^\d+$/);
  const { json } = await user.post('/api/auth/claim-token', { task_id, session_id });
  expect(json).toEqual({ code: 0, data: { claim_token: expect.stringMatching(/^clm_/), expires_in: 604_800 } });
});

it('records which attribution headers were missing, and lets calls other than an export go on', async () => {
  const sandbox = await startSandbox();
  const { Authorization = '' } = (await sandbox.user()).headers;
  const answer = await sandbox.call('GET', '/api/credits/balance/simple', undefined, {
    Authorization,
    'X-Skill-Source': 'a',
  });
  expect(answer.status).toBe(200);
  expect((await sandbox.log()).missing_headers).toEqual([
    { route: 'GET /api/credits/balance/simple', header: 'X-Skill-Version' },
    { route: 'GET /api/credits/balance/simple', header: 'X-Skill-Platform' },
  ]);
});
