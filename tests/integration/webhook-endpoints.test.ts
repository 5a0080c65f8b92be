import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';
import { createTenant } from '../support/tenants.ts';
import { waitFor } from '../support/wait-for.ts';
import { type Received, startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { type EndpointView, type List, webhookCalls } from '../support/webhooks.ts';

/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9/hook';
const DEFAULTS = ['job.succeeded', 'job.failed', 'job.canceled', 'job.expired', 'batch.completed'];

let service: TestService;
let calls: ReturnType<typeof webhookCalls>;
let receiver: WebhookReceiver;

beforeAll(async () => {
  service = await startService();
  calls = webhookCalls(service);
  receiver = await startReceiver();
});

afterAll(async () => {
  await service?.stop();
  await receiver?.close();
});

const typeOf = ({ body }: Received) => (JSON.parse(body) as { type: string }).type;
const verify = (secret: string, { headers, body }: Received) =>
  new Webhook(secret).verify(body, headers as Record<string, string>);

it('no cache keeps an answer with a secret', async () => {
  const made = await service.client.post<EndpointView>('/v1/webhook-endpoints', { url: NOWHERE });
  const answers = [
    made,
    await service.client.post(`/v1/webhook-endpoints/${made.body.id}/rotate`, {}),
    await service.client.get('/v1/webhook-secret'),
    await service.client.post('/v1/webhook-secret/rotate', {}),
  ];
  expect(answers.map(({ headers }) => headers['cache-control'])).toEqual(answers.map(() => 'no-store'));
});

describe('the resource', () => {
  it('shows its secret when it is made and when it is rotated, and keeps it sealed', async () => {
    const answer = await service.client.post<EndpointView>('/v1/webhook-endpoints', {
      url: NOWHERE,
      description: 'the shop',
    });
    expect(answer.status).toBe(201);
    const { id, secret } = answer.body;
    expect(answer.headers.location).toBe(`/v1/webhook-endpoints/${id}`);
    expect(answer.body).toEqual({
      id: expect.stringMatching(/^whe_[0-9a-z]{26}$/),
      object: 'webhook_endpoint',
      url: NOWHERE,
      description: 'the shop',
      events: DEFAULTS,
      enabled: true,
      disabled_reason: null,
      failing_since: null,
      created_at: expect.stringMatching(/Z$/),
      secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/),
    });
    const { secret: _, ...shown } = answer.body;
    expect(await calls.found(id)).toEqual(shown);
    const rotated = await service.client.post<EndpointView>(`/v1/webhook-endpoints/${id}/rotate`, {});
    expect(rotated.body).toEqual({ ...shown, secret: expect.stringMatching(/^whsec_/) });
    expect(rotated.body.secret).not.toBe(secret);
    const [row] = await service.database.sql('SELECT * FROM webhook_endpoint WHERE id = $1', [id]);
    expect(JSON.stringify(row)).not.toContain('whsec_');
  });

  it('is listed, changed and deleted', async () => {
    const tenant = await createTenant(service);
    const make = async () =>
      (await tenant.post<EndpointView>('/v1/webhook-endpoints', { url: NOWHERE, events: ['job.started'] })).body;
    const first = await make();
    const second = await make();
    const list = (await tenant.get<List<EndpointView>>('/v1/webhook-endpoints?limit=1')).body;
    expect(list).toMatchObject({ object: 'list', data: [{ id: second.id }], has_more: true });
    expect(list.data[0]).not.toHaveProperty('secret');
    const rest = await tenant.get<List<EndpointView>>(`/v1/webhook-endpoints?starting_after=${second.id}`);
    expect(rest.body).toMatchObject({ data: [{ id: first.id }], has_more: false });

    const path = `/v1/webhook-endpoints/${first.id}`;
    expect((await tenant.patch(path, { events: [], enabled: false })).body).toMatchObject({
      url: NOWHERE,
      events: DEFAULTS,
      enabled: false,
      disabled_reason: 'requested',
    });
    expect((await tenant.patch(path, { enabled: true, description: 'x' })).body).toMatchObject({
      enabled: true,
      disabled_reason: null,
      description: 'x',
    });
    expect((await tenant.delete(path)).status).toBe(204);
    expect((await tenant.delete(path)).status).toBe(404);
    expect((await tenant.get(path)).status).toBe(404);
  });

  it.each([
    [{}, '/url'],
    [{ url: 'http://10.0.0.1/' }, '/url'],
    [{ url: 'ftp://example.com/' }, '/url'],
    [{ url: 'https://user:word@example.com/' }, '/url'],
    [{ url: NOWHERE, events: ['job.phase'] }, '/events/0'],
    [{ url: NOWHERE, enabled: false }, '/enabled'],
  ])('%j: 422 at %s', async (body, pointer) => {
    const answer = await service.client.post<{ errors: { pointer: string }[] }>('/v1/webhook-endpoints', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((fault) => fault.pointer)).toContain(pointer);
  });

  it('has its address checked when it is changed, as when it is made', async () => {
    const { id } = await calls.endpoint(NOWHERE);
    const path = `/v1/webhook-endpoints/${id}`;
    for (const url of ['http://169.254.169.254/latest', 'http://[::ffff:10.0.0.1]/', 'file:///etc/passwd', 7]) {
      const answer = await service.client.patch<{ errors: { pointer: string }[] }>(path, { url });
      expect(answer.status).toBe(422);
      expect(answer.body.errors.map((fault) => fault.pointer)).toEqual(['/url']);
    }
    expect((await service.client.patch(path, {})).status).toBe(422);
    expect(await calls.found(id)).toMatchObject({ url: NOWHERE });
  });

  it('is nobody else’s', async () => {
    const { id } = await calls.endpoint(NOWHERE, ['job.started']);
    const message = await calls.test(id);
    const other = await createTenant(service);
    const path = `/v1/webhook-endpoints/${id}`;
    const since = new Date(0).toISOString();
    const answers = await Promise.all([
      other.get(path),
      other.patch(path, { enabled: false }),
      other.delete(path),
      other.post(`${path}/rotate`, {}),
      other.post(`${path}/test`, {}),
      other.post(`${path}/recover`, { since }),
      other.get(`/v1/webhook-messages/${message.id}`),
      other.post(`/v1/webhook-messages/${message.id}/resend`, {}),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 404, 404, 404]);
    expect((await other.get<List<unknown>>(`/v1/webhook-messages?endpoint_id=${id}`)).body.data).toEqual([]);
    expect((await other.get<List<unknown>>('/v1/events')).body.data).toEqual([]);
    expect((await calls.found(id)).enabled).toBe(true);
  });
});

describe('what it gets', () => {
  it('the events it asks for, beside the address that the job brings', async () => {
    const [all, started, own] = [await startReceiver(), await startReceiver(), await startReceiver()];
    const secret = (await calls.endpoint(all.url)).secret;
    const { id: startedId } = await calls.endpoint(started.url, ['job.started']);
    const { id: offId } = await calls.endpoint(receiver.url);
    await service.client.patch(`/v1/webhook-endpoints/${offId}`, { enabled: false });
    const before = receiver.received.length;
    const { id } = await service.client.submit({ type: 'generate', prompt: 'What?', webhook: { url: own.url } });
    await service.client.ended(id);
    const [ended] = await all.waitFor(1);
    const [begun] = await started.waitFor(1);
    await own.waitFor(1);
    expect(ended && verify(secret, ended)).toMatchObject({
      type: 'job.succeeded',
      data: { id, request_id: expect.any(String) },
    });
    expect(begun && typeOf(begun)).toBe('job.started');
    const messages = await waitFor('three delivered messages', async () => {
      const list = await calls.messages('?status=delivered');
      const mine = list.filter(({ url }) => [all.url, started.url, own.url].includes(url));
      return mine.length === 3 && mine;
    });
    expect(new Set(messages.map((message) => message.id)).size).toBe(3);
    for (const message of messages) expect(message.id).toMatch(/^msg_[0-9a-hjkmnp-tv-z]{26}$/);
    expect(messages.filter(({ endpoint_id }) => endpoint_id === null).map(({ url }) => url)).toEqual([own.url]);
    expect(await calls.messages(`?endpoint_id=${startedId}`)).toMatchObject([{ event_type: 'job.started' }]);
    expect([all, started, own].map(({ received }) => received.length)).toEqual([1, 1, 1]);
    expect(receiver.received).toHaveLength(before);
    await Promise.all([all.close(), started.close(), own.close()]);
  });

  it('two signatures for 24 hours after a rotation, one afterwards', async () => {
    const mine = await startReceiver();
    const old = await calls.endpoint(mine.url, ['webhook.test']);
    const path = `/v1/webhook-endpoints/${old.id}/rotate`;
    const { secret } = (await service.client.post<EndpointView>(path, {})).body;
    await calls.test(old.id);
    const [both] = await mine.waitFor(1);
    expect(String(both?.headers['webhook-signature']).split(' ')).toHaveLength(2);
    for (const each of [secret, old.secret]) expect(both && verify(each, both)).toMatchObject({ type: 'webhook.test' });

    const [row] = await service.database.sql<{ hours: number }>(
      `UPDATE webhook_endpoint SET previous_secret_until = now() WHERE id = $1
       RETURNING (SELECT extract(epoch FROM previous_secret_until - now()) / 3600 FROM webhook_endpoint WHERE id = $1)::float8 AS hours`,
      [old.id],
    );
    expect(row?.hours).toBeGreaterThan(23.9);
    expect(row?.hours).toBeLessThanOrEqual(24);
    await calls.test(old.id);
    const [, one] = await mine.waitFor(2);
    expect(String(one?.headers['webhook-signature']).split(' ')).toHaveLength(1);
    expect(one && verify(secret, one)).toMatchObject({ type: 'webhook.test' });
    await mine.close();
  });

  it('the same for the secret of the tenant', async () => {
    const before = (await service.client.get<{ secret: string }>('/v1/webhook-secret')).body.secret;
    const { secret } = (await service.client.post<{ secret: string }>('/v1/webhook-secret/rotate', {})).body;
    expect((await service.client.get<{ secret: string }>('/v1/webhook-secret')).body.secret).toBe(secret);
    const mine = await startReceiver();
    await service.client.submit({ type: 'generate', prompt: 'What?', webhook: { url: mine.url } });
    const [both] = await mine.waitFor(1);
    for (const each of [secret, before]) expect(both && verify(each, both)).toMatchObject({ type: 'job.succeeded' });
    await mine.close();
  });

  it('a test, even while it is disabled', async () => {
    const mine = await startReceiver();
    const { id, secret } = await calls.endpoint(mine.url);
    await service.client.patch(`/v1/webhook-endpoints/${id}`, { enabled: false });
    const message = await calls.test(id);
    expect(message).toMatchObject({ object: 'webhook_message', endpoint_id: id, status: 'pending', attempts: [] });
    const [got] = await mine.waitFor(1);
    expect(got?.headers['webhook-id']).toBe(message.id);
    expect(got && verify(secret, got)).toMatchObject({ type: 'webhook.test', data: { endpoint_id: id } });
    await calls.settled(message.id, 'delivered', 1);
    await mine.close();
  });
});
