import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { films } from '../support/batches.ts';
import { createClient } from '../support/client.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTenant } from '../support/tenants.ts';

const GOOD = { type: 'generate', prompt: 'A fox' };

let service: TestService;

beforeAll(async () => {
  service = await startService({
    workers: false,
    env: { SUBMIT_RATE_LIMIT: '30/1h', MAX_QUEUED_PER_TENANT: '5', MAX_BATCH_BYTES: '10KB' },
  });
});

afterAll(() => service?.stop());

describe('a tenant with a full queue', () => {
  it('is told to come again, also when many come at once; others are not; nothing else is in its way', async () => {
    const client = await createTenant(service);
    const answers = await Promise.all(Array.from({ length: 8 }, () => client.post('/v1/jobs', GOOD)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(5);
    for (const { status, headers, body } of answers.filter(({ status }) => status !== 202)) {
      expect([status, body]).toMatchObject([429, { code: 'queue_full' }]);
      expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    }
    expect(await client.post('/v1/sessions', {})).toMatchObject({ status: 201 });
    expect(await (await createTenant(service)).post('/v1/jobs', GOOD)).toMatchObject({ status: 202 });
  });

  it('takes a batch whole or not at all', async () => {
    const client = await createTenant(service);
    expect(await client.post('/v1/batches', { jobs: films(6) })).toMatchObject({
      status: 429,
      body: { code: 'queue_full' },
    });
    expect((await client.get<{ data: [] }>('/v1/batches')).body.data).toEqual([]);
    expect(await client.post('/v1/batches', { jobs: films(5) })).toMatchObject({ status: 202 });
    expect(await client.post('/v1/jobs', GOOD)).toMatchObject({ status: 429 });
  });

  it('can retry nothing: a retry waits like any other job', async () => {
    const client = await createTenant(service);
    const ended = await client.submit(GOOD);
    expect(await client.post(`/v1/jobs/${ended.id}/cancel`, {})).toMatchObject({ status: 200 });
    const fill = async () => {
      await client.post('/v1/jobs', GOOD);
      return (await client.get<{ data: [] }>('/v1/jobs?status=queued')).body.data.length;
    };
    await expect.poll(fill, { interval: 100, timeout: 20_000 }).toBe(5);
    const retry = await client.post(`/v1/jobs/${ended.id}/retry`, {});
    expect(retry).toMatchObject({ status: 429, body: { code: 'queue_full' } });
  });

  it('has room again when jobs start; a replay needs none', async () => {
    const client = await createTenant(service);
    const headers = { 'idempotency-key': 'first' };
    const first = await client.post<{ id: string }>('/v1/jobs', GOOD, headers);
    for (let count = 1; count < 5; count += 1) await client.submit(GOOD);
    expect(await client.post('/v1/jobs', GOOD)).toMatchObject({ status: 429 });
    expect((await client.post<{ id: string }>('/v1/jobs', GOOD, headers)).body.id).toBe(first.body.id);
    await service.database.sql('UPDATE job SET started_at = now() WHERE id = $1', [first.body.id]);
    await expect
      .poll(async () => (await client.post('/v1/jobs', GOOD)).status, { interval: 100, timeout: 20_000 })
      .toBe(202);
  });
});

describe('SUBMIT_RATE_LIMIT', () => {
  it('counts the POSTs of a key, whatever comes of them, and tells on every answer what is left', async () => {
    const client = await createTenant(service);
    const read = await client.get('/v1/jobs/nonsense');
    expect(read.headers).toMatchObject({
      'ratelimit-policy': '"submit";q=30;w=3600',
      ratelimit: '"submit";r=30;t=3600',
    });
    const { id } = await client.submit(GOOD);
    for (let left = 28; left >= 0; left -= 1) {
      const { headers } = await client.post('/v1/jobs', {});
      expect(headers.ratelimit).toMatch(new RegExp(`^"submit";r=${left};t=\\d+$`));
    }
    const refused = await client.post('/v1/jobs', GOOD);
    expect(refused).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(3_500);
    expect(await client.get('/v1/sessions')).toMatchObject({ status: 200 });
    // Whoever has too much under way can end it.
    expect(await client.post(`/v1/jobs/${id}/cancel`, {})).toMatchObject({ status: 200 });
    expect(await (await createTenant(service)).post('/v1/sessions', {})).toMatchObject({ status: 201 });
  });

  it('tells on answers of what is not there too, and to strangers what their address has left', async () => {
    const client = await createTenant(service);
    await client.post('/v1/sessions', {});
    const told = { 'ratelimit-policy': '"submit";q=30;w=3600', ratelimit: expect.stringMatching(/^"submit";r=29;t=/) };
    expect(await client.get('/v1/nothing')).toMatchObject({ status: 404, headers: told });
    expect(await client.put('/v1/jobs', {})).toMatchObject({ status: 405, headers: told });
    const headers = { authorization: `Bearer ${service.env.BOOTSTRAP_API_KEY}` };
    for (const path of ['/health/live', '/openapi.json', '/docs/errors', '/v1/nothing', '/v1/jobs/%', '/nothing']) {
      const answer = await fetch(`${service.url}${path}`, { headers });
      expect(answer.headers.get('ratelimit'), path).toMatch(/^"submit";r=\d+;t=\d+$/);
      expect(answer.headers.get('ratelimit-policy'), path).toBe('"submit";q=30;w=3600');
    }
    expect((await fetch(`${service.url}/v1/nothing`)).status).toBe(404);
  });

  it('counts requests without a valid key by address, and not against the keys used there', async () => {
    const stranger = createClient(service.url, 'rk_guessed');
    for (let count = 0; count < 30; count += 1) expect((await stranger.get('/v1/sessions')).status).toBe(401);
    for (const path of ['/v1/sessions', '/v1/nothing'])
      expect(await stranger.get(path)).toMatchObject({ status: 429, body: { code: 'rate_limited' } });
    expect((await fetch(`${service.url}/v1/nothing`)).status).toBe(404);
    expect(await service.client.post('/v1/sessions', {})).toMatchObject({ status: 201 });
  });
});

it.each(['application/json', 'application/x-ndjson'])(
  'MAX_BATCH_BYTES: a larger batch as %s is refused',
  async (type) => {
    const client = await createTenant(service);
    const text = `{"custom_id":"${'x'.repeat(10_000)}"}`;
    expect(await client.post('/v1/batches', text, { 'content-type': type })).toMatchObject({
      status: 413,
      body: { code: 'payload_too_large' },
    });
  },
);
