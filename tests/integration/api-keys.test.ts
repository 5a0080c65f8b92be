import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Client, createClient } from '../support/client.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

const ADMIN_TOKEN = 'open-sesame-1234';

type Key = { id: string; tenant: string; name: string; key: string; hint: string; created_at: string };
type Listed = Omit<Key, 'key'> & { last_used_at: string | null };
type Page = { data: Listed[]; has_more: boolean };

let service: TestService;
let other: TestService;
let admin: Client;

beforeAll(async () => {
  service = await startService({ workers: false, env: { ADMIN_TOKEN } });
  other = await startService({ workers: false });
  admin = createClient(service.url, ADMIN_TOKEN);
});

afterAll(async () => {
  await service?.stop();
  await other?.stop();
});

const create = async (tenant: string, name = 'backend') =>
  (await admin.post<Key>('/v1/admin/api-keys', { tenant, name })).body;
const listed = async (tenant: string) => (await admin.get<Page>(`/v1/admin/api-keys?tenant=${tenant}`)).body.data;

it('makes a key for a new tenant and shows it this once', async () => {
  const made = await admin.post<Key>('/v1/admin/api-keys', { tenant: 'studio', name: 'backend' });
  expect(made.status).toBe(201);
  expect(made.body).toEqual({
    id: expect.stringMatching(/^key_/),
    tenant: 'studio',
    name: 'backend',
    key: expect.stringMatching(/^rk_[\w-]{43}$/),
    hint: made.body.key.slice(-4),
    created_at: expect.any(String),
  });
  const tenant = createClient(service.url, made.body.key);
  expect(await tenant.get('/v1/webhook-secret')).toMatchObject({ status: 200 });
  const { key: _, ...shown } = made.body;
  const [row] = await listed('studio');
  expect(row).toMatchObject(shown);
  expect(JSON.stringify(row)).not.toContain(made.body.key);
  const stored = await service.database.sql('SELECT * FROM api_key');
  expect(JSON.stringify(stored)).not.toContain(made.body.key);
});

it('gives a tenant several keys, which see the same', async () => {
  const [first, second] = [await create('two-keys', 'a'), await create('two-keys', 'b')];
  const { body: session } = await createClient(service.url, first.key).post<{ id: string }>('/v1/sessions', {});
  expect(await createClient(service.url, second.key).get(`/v1/sessions/${session.id}`)).toMatchObject({ status: 200 });
  expect((await listed('two-keys')).map(({ name }) => name)).toEqual(['b', 'a']);
});

it('takes a key away at once', async () => {
  const { id, key } = await create('leaver');
  const tenant = createClient(service.url, key);
  expect((await tenant.get('/v1/skills')).status).toBe(200);
  expect((await admin.delete(`/v1/admin/api-keys/${id}`)).status).toBe(204);
  expect((await tenant.get('/v1/skills')).status).toBe(401);
  expect(await listed('leaver')).toEqual([]);
  expect((await admin.delete(`/v1/admin/api-keys/${id}`)).status).toBe(404);
  expect((await admin.delete('/v1/admin/api-keys/%00')).status).toBe(404);
});

it('tells to the minute when a key was used last', async () => {
  const { key } = await create('user');
  expect(await listed('user')).toMatchObject([{ last_used_at: null }]);
  const tenant = createClient(service.url, key);
  await tenant.get('/v1/skills');
  const used = await waitFor('the use', async () => (await listed('user'))[0]?.last_used_at);
  expect(Date.now() - Date.parse(used)).toBeLessThan(30_000);
});

it('lists page by page', async () => {
  for (const name of ['a', 'b', 'c']) await create('pages', name);
  const first = (await admin.get<Page>('/v1/admin/api-keys?tenant=pages&limit=2')).body;
  expect(first).toMatchObject({ object: 'list', has_more: true, data: [{ name: 'c' }, { name: 'b' }] });
  const after = first.data.at(-1)?.id;
  expect((await admin.get<Page>(`/v1/admin/api-keys?tenant=pages&starting_after=${after}`)).body).toMatchObject({
    has_more: false,
    data: [{ name: 'a' }],
  });
});

it.each([
  ['no token', {}],
  ['a wrong token', { authorization: 'Bearer open-sesame-1235' }],
  ['a longer token', { authorization: `Bearer ${ADMIN_TOKEN}5` }],
])('with %s nothing is done', async (_, headers) => {
  const answer = await fetch(`${service.url}/v1/admin/api-keys`, { headers: headers as Record<string, string> });
  expect(answer.status).toBe(401);
  expect(await answer.json()).toMatchObject({ code: 'unauthorized' });
});

it('the key of a tenant is no ADMIN_TOKEN, nor the other way round', async () => {
  expect((await service.client.get('/v1/admin/api-keys')).status).toBe(401);
  expect((await admin.get('/v1/skills')).status).toBe(401);
});

it.each([
  [{ tenant: 'x' }, '/name'],
  [{ tenant: 'no blanks', name: 'a' }, '/tenant'],
  [{ tenant: 'x', name: 'a', key: 'mine' }, '/key'],
])('refuses %j', async (body, pointer) => {
  const answer = await admin.post('/v1/admin/api-keys', body);
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
});

it("whoever guesses has not many guesses, and is in nobody else's way", async () => {
  const strict = await startService({ workers: false, env: { ADMIN_TOKEN, SUBMIT_RATE_LIMIT: '3/60s' } });
  const stranger = createClient(strict.url, 'x');
  const guess = async (path: string) => (await stranger.get(path)).status;
  for (const path of ['/v1/admin/api-keys', '/metrics', '/admin/queues']) expect(await guess(path)).toBe(401);
  for (const path of ['/v1/admin/api-keys', '/metrics', '/admin/queues']) expect(await guess(path)).toBe(429);
  expect((await createClient(strict.url, ADMIN_TOKEN).get('/v1/admin/api-keys')).status).toBe(200);
  await strict.stop();
});

it('without ADMIN_TOKEN there is no such place', async () => {
  const stranger = createClient(other.url, ADMIN_TOKEN);
  expect((await stranger.get('/v1/admin/api-keys')).status).toBe(404);
  expect((await stranger.post('/v1/admin/api-keys', { tenant: 'x', name: 'y' })).status).toBe(404);
  expect((await stranger.delete('/v1/admin/api-keys/key_1')).status).toBe(404);
  expect((await other.client.get('/v1/admin/api-keys')).status).toBe(404);
});
