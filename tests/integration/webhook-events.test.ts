import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PULLED_EVENTS } from '../../src/lib/domain/event-types.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTenant } from '../support/tenants.ts';
import { waitFor } from '../support/wait-for.ts';
import { type EndpointView, type List, webhookCalls } from '../support/webhooks.ts';

type EventView = { id: string; object: string; type: string; timestamp: string; data: { id?: string; seq?: number } };

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service?.stop());

const pull = async (query = '', client = service.client) =>
  (await client.get<List<EventView>>(`/v1/events${query}`)).body;

it('gives the public events of the tenant, oldest first, page by page', async () => {
  const jobs = await Promise.all(
    [1, 2, 3].map((n) => service.client.submit({ type: 'generate', prompt: `What is ${n}?` })),
  );
  for (const { id } of jobs) await service.client.ended(id);
  const all = await waitFor('six events', async () => {
    const page = await pull('?limit=100');
    return page.data.length === 6 && page;
  });
  expect(all).toMatchObject({ object: 'list', has_more: false });
  for (const event of all.data) {
    expect(event).toMatchObject({ object: 'event', timestamp: expect.stringMatching(/Z$/), data: { object: 'job' } });
    expect(PULLED_EVENTS).toContain(event.type);
  }
  for (const { id } of jobs) {
    const own = all.data.filter((event) => event.data.id === id);
    expect(own.map(({ type }) => type)).toEqual(['job.started', 'job.succeeded']);
    expect(own[1]?.data.seq).toBeGreaterThan(own[0]?.data.seq ?? Number.NaN);
  }
  const seen: EventView[] = [];
  let query = '?limit=4';
  for (;;) {
    const page = await pull(query);
    seen.push(...page.data);
    if (!page.has_more) break;
    query = `?limit=4&starting_after=${page.data.at(-1)?.id}`;
  }
  expect(seen).toEqual(all.data);
  expect(await pull(`?starting_after=${all.data.at(-1)?.id}`)).toMatchObject({ data: [], has_more: false });
});

it('skips nothing: what was written while an older transaction is open is held back until that is over', async () => {
  const tenant = await createTenant(service);
  const { id } = (
    await tenant.post<EndpointView>('/v1/webhook-endpoints', { url: 'http://127.0.0.1:9/', events: ['webhook.test'] })
  ).body;
  const test = () => tenant.post(`/v1/webhook-endpoints/${id}/test`, {});
  await test();
  const first = await waitFor('the first event', async () => (await pull('', tenant)).data[0]);

  const slow = new pg.Client({ connectionString: service.database.url });
  await slow.connect();
  await slow.query('BEGIN');
  // Its id is older than all that come, its commit later.
  await slow.query(
    `INSERT INTO event (id, tenant_id, type, body)
     SELECT $1, tenant_id, 'credits.low', '{"available":1,"frozen":0,"total":1,"threshold":2}' FROM event WHERE id = $2`,
    ['evt_00000000000000000000000000', first.id],
  );
  await test();
  await test();
  expect((await pull(`?starting_after=${first.id}`, tenant)).data).toEqual([]);
  await slow.query('COMMIT');
  await slow.end();
  const rest = await waitFor('three more events', async () => {
    const page = await pull(`?starting_after=${first.id}`, tenant);
    return page.data.length === 3 && page;
  });
  expect(rest.data.map(({ type }) => type)).toEqual(['credits.low', 'webhook.test', 'webhook.test']);
  expect(rest.data[0]?.id).toBe('evt_00000000000000000000000000');
});

it('a cursor that is no event of the tenant’s is a fault', async () => {
  const [event] = (await pull()).data;
  const other = await createTenant(service);
  for (const cursor of [event?.id, 'evt_01m7ypsprke4frc5qwk8f5j6c5', 'msg_01m7ypsprke4frc5qwk8f5j6c5']) {
    const answer = await other.get<{ errors: { pointer: string }[] }>(`/v1/events?starting_after=${cursor}`);
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ pointer }) => pointer)).toEqual(['?starting_after']);
  }
});

it('messages are listed with filters, newest first', async () => {
  const tenant = await createTenant(service);
  const calls = webhookCalls({ ...service, client: tenant });
  const { id } = await calls.endpoint('http://127.0.0.1:9/', ['webhook.test']);
  const { id: other } = await calls.endpoint('http://127.0.0.1:9/', ['webhook.test']);
  const first = await calls.test(id);
  const second = await calls.test(id);
  const third = await calls.test(other);
  for (const message of [first, second, third]) await calls.settled(message.id, 'failed', 3);
  expect((await calls.messages()).map((message) => message.id)).toEqual([third.id, second.id, first.id]);
  expect((await calls.messages(`?endpoint_id=${id}&status=failed`)).map((message) => message.id)).toEqual([
    second.id,
    first.id,
  ]);
  expect(await calls.messages('?status=delivered')).toEqual([]);
  const page = (await tenant.get<List<{ id: string }>>(`/v1/webhook-messages?limit=1&starting_after=${third.id}`)).body;
  expect(page).toMatchObject({ data: [{ id: second.id }], has_more: true });
  expect(await calls.message(first.id)).toEqual({
    id: first.id,
    object: 'webhook_message',
    endpoint_id: id,
    url: 'http://127.0.0.1:9/',
    event_id: expect.stringMatching(/^evt_/),
    event_type: 'webhook.test',
    status: 'failed',
    next_attempt_at: null,
    attempts: Array.from({ length: 3 }, () => ({
      at: expect.stringMatching(/Z$/),
      status_code: null,
      duration_ms: expect.any(Number),
      error: 'connection_refused',
      response: '',
    })),
    created_at: expect.stringMatching(/Z$/),
  });
  for (const query of ['?status=lost', '?endpoint_id=x', '?starting_after=evt_1', '?event_type=x']) {
    expect((await tenant.get(`/v1/webhook-messages${query}`)).status).toBe(422);
  }
});
