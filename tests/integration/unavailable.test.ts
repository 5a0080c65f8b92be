import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Api, startApi } from '../../src/api/start.ts';
import { readConfig } from '../../src/lib/config.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { freePort } from '../../src/local/free-port.ts';
import { createClient } from '../support/client.ts';
import { contractOf } from '../support/contract.ts';
import { formOf, pngFile } from '../support/files.ts';
import { startService, type TestService } from '../support/service.ts';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.ts';

const ADMIN_TOKEN = 'open-sesame-1234';
/** The longest that a client waits for a 503: the pool's limit for connecting (5 s), and some patience. In ms. */
const ANSWERED_WITHIN_MS = 10_000;

let service: TestService;
let proxy: TcpProxy;
/** One whose database can be taken away, and whose Redis was never there. */
let api: Api;

beforeAll(async () => {
  service = await startService({ workers: false });
  proxy = await startTcpProxy(service.database.url);
  const redis = `redis://127.0.0.1:${await freePort()}`;
  const env = { ...service.env, DATABASE_URL: proxy.url, REDIS_URL: redis, ADMIN_TOKEN };
  api = await startApi(readConfig(env), createLogger('silent', 'test'));
  await contractOf(api.url);
});

afterAll(async () => {
  await api?.stop();
  await proxy?.close();
  await service?.stop();
});

it('while the database is away everything that needs it is 503 with Retry-After, and done once when it is back', async () => {
  const client = createClient(api.url, service.env.BOOTSTRAP_API_KEY ?? '');
  const headers = { 'idempotency-key': 'once' };
  const submit = () => client.post('/v1/jobs', { type: 'generate', prompt: 'A fox' }, headers);
  expect((await client.get('/v1/jobs')).status).toBe(200);
  proxy.cut();
  const asked = performance.now();
  const answers = await Promise.all([
    submit(),
    client.post('/v1/batches', { jobs: [{ custom_id: 'a', type: 'generate', prompt: 'A fox' }] }),
    client.post('/v1/messages', { text: 'A fox' }),
    client.put('/v1/account', { token: 'nmv_usr_0123456789' }),
    ...['jobs', 'jobs/x', 'sessions', 'credits', 'events', 'webhook-messages', 'nothing'].map((path) =>
      client.get(`/v1/${path}`),
    ),
  ]);
  expect(performance.now() - asked).toBeLessThan(ANSWERED_WITHIN_MS);
  for (const { status, body, headers } of answers) {
    expect([status, body]).toMatchObject([503, { code: 'unavailable' }]);
    expect(headers).toMatchObject({ 'retry-after': '5', ratelimit: expect.any(String) });
  }
  const upload = await fetch(`${api.url}/v1/assets`, {
    method: 'POST',
    headers: { authorization: `Bearer ${service.env.BOOTSTRAP_API_KEY}` },
    body: formOf(pngFile()),
  });
  expect(upload.status).toBe(503);
  expect((await fetch(`${api.url}/health/live`)).status).toBe(200);
  proxy.restore();
  expect(await submit()).toMatchObject({ status: 202 });
  expect(await submit()).toMatchObject({ status: 202, headers: { 'idempotent-replayed': 'true' } });
  expect((await client.get<{ data: [] }>('/v1/jobs')).body.data).toHaveLength(1);
});

it('the board says that its Redis is not there, and jobs are taken all the same', async () => {
  const authorization = `Basic ${Buffer.from(`admin:${ADMIN_TOKEN}`).toString('base64')}`;
  for (const path of ['', '/api/queues']) {
    const asked = performance.now();
    const answer = await fetch(`${api.url}/admin/queues${path}`, { headers: { authorization } });
    expect(performance.now() - asked).toBeLessThan(ANSWERED_WITHIN_MS);
    expect(answer.headers.get('retry-after')).toBe('5');
    expect([answer.status, await answer.json()]).toMatchObject([503, { code: 'unavailable' }]);
  }
  const client = createClient(api.url, service.env.BOOTSTRAP_API_KEY ?? '');
  expect((await client.post('/v1/jobs', { type: 'generate', prompt: 'A heron' })).status).toBe(202);
});

it('while the database has no room on its disk a submit is 503, and nothing of it is kept', async () => {
  const full = await startService({ workers: false });
  await full.database.sql(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$`);
  await full.database.sql('CREATE TRIGGER full_disk BEFORE INSERT ON job EXECUTE FUNCTION full_disk()');
  const answer = await full.client.post('/v1/jobs', { type: 'generate', prompt: 'A fox' });
  expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable' }, headers: { 'retry-after': '5' } });
  expect(await full.database.sql('SELECT FROM job')).toEqual([]);
  await full.stop();
});
