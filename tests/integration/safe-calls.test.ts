import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Client } from '../support/client.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTenant } from '../support/tenants.ts';
import { waitFor } from '../support/wait-for.ts';

const DAY_MS = 24 * 3_600_000;

let service: TestService;
/** An account of its own for each test. */
let client: Client;

beforeAll(async () => {
  service = await startService({ sandbox: { ipTokenCap: 1_000 }, env: { NEMO_WEB_URL: 'https://web.example' } });
});

afterAll(() => service?.stop());

const tenant = async () => {
  client = await createTenant(service);
};
const run = async (prompt: string, more: Record<string, unknown> = {}, by = client) =>
  by.ended((await by.submit({ type: 'generate', prompt, ...more })).id, 40_000);

it('every safe call that fails is made again; the message is sent once', async () => {
  const before = (await service.sandbox.log()).requests;
  const faults = {
    'POST /api/auth/anonymous-token': { status: 503 },
    'POST /api/tasks/me/with-session/nemo_agent': { reset: true },
    'POST /api/auth/claim-token': { status: 502, body: '<html>' },
    'GET /api/state/nemo_agent': { code: 503 },
    'GET /api/credits/balance/simple': { body: '<html>maintenance</html>' },
    'POST /api/render/proxy/lambda': { status: 500 },
    'GET /api/render/proxy/lambda': { status: 504 },
  };
  for (const [route, fault] of Object.entries(faults)) await service.sandbox.fault({ route, times: 1, ...fault });
  const prompts = Array.from({ length: 6 }, (_, n) => `Film number ${n}`);
  const clients = await Promise.all(prompts.map(() => createTenant(service)));
  const jobs = await Promise.all(prompts.map((prompt, n) => run(prompt, { export: true }, clients[n])));
  expect(jobs.map(({ status, charged }) => `${status} ${charged}`)).toEqual(prompts.map(() => 'succeeded yes'));
  const { requests, messages, renders } = await service.sandbox.log();
  for (const route of Object.keys(faults).slice(0, 3)) {
    expect((requests[route] ?? 0) - (before[route] ?? 0), route).toBe(prompts.length + 1);
  }
  for (const prompt of prompts) expect(messages.filter(({ text }) => text === prompt)).toHaveLength(1);
  expect(new Set(renders.map(({ id }) => id)).size).toBe(renders.length);
});

it('a token that is refused for the rate is asked for once more, for the same client id', async () => {
  await tenant();
  const before = (await service.sandbox.log()).tokens.length;
  await service.sandbox.fault({ route: 'POST /api/auth/anonymous-token', times: 1, status: 429 });
  expect((await run('What can you do?')).status).toBe('succeeded');
  expect((await service.sandbox.log()).tokens.slice(before)).toMatchObject([{ issued: 1 }]);
});

it('a token that is refused before its time is renewed, also where the first try to renew it fails', async () => {
  await tenant();
  const { session_id } = await run('What can you do?');
  await service.sandbox.fault({ route: 'POST /api/auth/anonymous-token', times: 1, status: 503 });
  await service.sandbox.fault({ route: 'GET /api/state/nemo_agent', times: 2, code: 1001 });
  expect(await run('And what else?', { session_id })).toMatchObject({ status: 'succeeded', error: null });
});

it('a token call that is refused as well ends the job, with the code of the token', async () => {
  await tenant();
  const { session_id } = await run('What can you do?');
  await service.sandbox.fault({ route: 'POST /api/auth/anonymous-token', times: 1, status: 401 });
  await service.sandbox.fault({ route: 'GET /api/state/nemo_agent', times: 1, code: 1001 });
  expect(await run('And what else?', { session_id })).toMatchObject({ error: { code: 'token_invalid' } });
});

it('a try that was used up before the message is there again after it', async () => {
  await tenant();
  const { session_id } = await run('What can you do?');
  // The second read is the one right before the message.
  for (const answer of [{ status: 429 }, { delay_ms: 1 }, { status: 429 }])
    await service.sandbox.fault({ route: 'GET /api/state/nemo_agent', times: 1, ...answer });
  expect(await run('What can you do now?', { session_id })).toMatchObject({ status: 'succeeded', error: null });
});

it('a wait that was granted is not granted again by a failure of another kind: what goes wrong in turns ends', async () => {
  await tenant();
  const { session_id } = await run('What can you do?');
  for (const status of [429, 503, 429])
    await service.sandbox.fault({ route: 'GET /api/state/nemo_agent', times: 1, status });
  expect(await run('And what else?', { session_id })).toMatchObject({ charged: 'no', error: { code: 'rate_limited' } });
});

it('polls that are refused for the rate now and then do not end a render: what got through between them counts', async () => {
  await tenant();
  for (const answer of [{ status: 429 }, { delay_ms: 1 }, { status: 429 }])
    await service.sandbox.fault({ route: 'GET /api/render/proxy/lambda', times: 1, ...answer });
  expect(await run('A patient film #render-slow', { export: true })).toMatchObject({
    status: 'succeeded',
    error: null,
  });
});

it('a token of which nothing else is told lasts seven days', async () => {
  await tenant();
  const body = '{"code":0,"data":{"token":"nmv_usr_bare_token"}}';
  await service.sandbox.fault({ route: 'POST /api/auth/anonymous-token', times: 1, body });
  await client.get('/v1/credits');
  const account = (await client.get<{ user_id: string | null; token_expires_at: string }>('/v1/account')).body;
  expect(account.user_id).toBeNull();
  const lasts = Date.parse(account.token_expires_at) - Date.now();
  expect(Math.abs(lasts - 7 * DAY_MS)).toBeLessThan(60_000);
});

it('where there are no claim tokens, the link to the workspace names the session and the skill, and no token', async () => {
  await tenant();
  await service.sandbox.fault({ route: 'POST /api/auth/claim-token', times: 1, status: 404 });
  const job = await run('What can you do?', { skill: 'pika-labs' });
  const [row] = await service.database.sql<{ task_id: string; upstream_id: string }>(
    'SELECT task_id, upstream_id FROM session WHERE id = $1',
    [job.session_id],
  );
  const link = new URL(job.result?.workspace_url ?? '');
  expect(`${link.origin}${link.pathname}`).toBe('https://web.example/workspace/claim');
  expect(Object.fromEntries(link.searchParams)).toEqual({
    task: row?.task_id,
    session: row?.upstream_id,
    skill_name: 'pika-labs',
    skill_version: '1.0.0',
    skill_source: 'unknown',
  });
});

it('without credits an anonymous account may register, also when only a state has named its user', async () => {
  await tenant();
  const { session_id } = await run('What can you do?');
  await service.database.sql(
    'UPDATE account SET user_id = NULL WHERE id = (SELECT account_id FROM session WHERE id = $1)',
    [session_id],
  );
  expect(await run('A film #no-credits', { session_id })).toMatchObject({
    error: {
      code: 'credits_exhausted',
      action: { kind: 'register', url: expect.stringMatching(/^https:\/\/web\.example\/register\?bind=anon_/) },
    },
  });
});

it('without credits a registered account has to be topped up', async () => {
  await tenant();
  await client.put('/v1/account', { token: 'nmv_usr_registered_1' });
  expect((await run('A film #no-credits')).error).toMatchObject({
    code: 'credits_exhausted',
    action: { kind: 'top_up' },
    retryable: false,
  });
});

it('an upstream that says when to come again is not asked earlier', async () => {
  await tenant();
  // It says 1 s; without a word it would be RATE_LIMIT_RETRY_DELAY, 100 ms.
  const job = await run('A film in a hurry #rate-limited');
  const history = await client.get<{ data: { type: string; at: string; data: { waiting: { until: string } } }[] }>(
    `/v1/jobs/${job.id}/history`,
  );
  const [waited] = history.body.data.filter(({ type }) => type === 'job.waiting');
  expect(waited?.data.waiting).toMatchObject({ reason: 'rate_limit' });
  const ms = Date.parse(waited?.data.waiting.until ?? '') - Date.parse(waited?.at ?? '');
  expect(ms).toBeGreaterThan(800);
  expect(ms).toBeLessThan(2_000);
});

it.each([
  ['POST /api/auth/anonymous-token', '604800', 'token_quota'],
  ['GET /api/credits/balance/simple', '99999999999999', 'rate_limited'],
])('an upstream that says not to come again for days (%s) is not waited for', async (route, retry_after, code) => {
  await tenant();
  await service.sandbox.fault({ route, times: 1, status: 429, retry_after });
  const job = await run('A film for next year');
  expect(job).toMatchObject({ status: 'failed', charged: 'no', error: { code, retryable: true } });
});

it('a look at a render that is refused for the rate is not repeated at once', async () => {
  await tenant();
  await service.sandbox.fault({ route: 'GET /api/render/proxy/lambda', times: 1, status: 429 });
  const job = await run('A film that many ask for', { export: true });
  expect(job.status).toBe('succeeded');
  const history = await client.get<{ data: { data: { waiting: { reason: string } | null } }[] }>(
    `/v1/jobs/${job.id}/history`,
  );
  expect(history.body.data.map(({ data }) => data.waiting?.reason)).toContain('rate_limit');
});

it('a render that the early shape does not know yet (success: false) is looked for again', async () => {
  await tenant();
  const body = '{"success":false,"error":"render not found"}';
  await service.sandbox.fault({ route: 'GET /api/render/proxy/lambda', times: 1, body });
  const job = await run('A late film', { export: true });
  expect(job.status).toBe('succeeded');
  const { renders } = await service.sandbox.log();
  expect(renders.filter(({ id }) => id === job.result?.output?.render_id)).toMatchObject([{ submits: 1 }]);
});

it('a balance that is released tells of a state that is read after it: a cut run is not taken half done', async () => {
  const slow = await startService({ sandbox: { speed: 10 }, env: { RECOVERY_DELAYS: '200ms,200ms,200ms,200ms,30s' } });
  const { id } = await slow.client.submit({ type: 'generate', prompt: 'A lighthouse #cut' });
  await waitFor('the cut', async () => (await slow.client.job(id)).phase === 'reconcile');
  // By the time each is answered, the run is over.
  await slow.sandbox.fault({ route: 'GET /api/credits/balance/simple', times: 20, delay_ms: 3_000 });
  const { result } = await slow.client.ended(id, 40_000);
  expect(result?.changes?.map(({ track }) => track)).toEqual(['video', 'audio', 'text']);
  await slow.stop();
});
