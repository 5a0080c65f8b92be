import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDatabase } from '../../src/lib/db/database.ts';
import { disableEndpoint } from '../../src/lib/db/webhook-endpoints.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';
import { type Received, startReceiver } from '../support/webhook-receiver.ts';
import { webhookCalls } from '../support/webhooks.ts';

/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9/hook';

let service: TestService;
let calls: ReturnType<typeof webhookCalls>;

beforeAll(async () => {
  service = await startService();
  calls = webhookCalls(service);
});

afterAll(() => service?.stop());

const verify = (secret: string, { headers, body }: Received) =>
  new Webhook(secret).verify(body, headers as Record<string, string>);

it('410 disables it, ends what waits for it, and tells the others', async () => {
  const [gone, other] = [await startReceiver(), await startReceiver()];
  const watcher = await calls.endpoint(other.url, ['endpoint.disabled']);
  const { id } = await calls.endpoint(gone.url, ['endpoint.disabled', 'webhook.test']);
  const later = await calls.test(id);
  await calls.settled(later.id, 'delivered', 1);
  await service.database.sql(
    "UPDATE webhook_message SET status = 'pending', next_attempt_at = now() + interval '1 h' WHERE id = $1",
    [later.id],
  );
  gone.answerWith(410);
  const last = await calls.test(id);
  const [told] = await other.waitFor(1);
  expect(told && verify(watcher.secret, told)).toMatchObject({
    type: 'endpoint.disabled',
    data: { id, url: gone.url, enabled: false, disabled_reason: 'gone' },
  });
  expect(await calls.found(id)).toMatchObject({ enabled: false, disabled_reason: 'gone' });
  await calls.settled(last.id, 'failed', 1);
  await calls.settled(later.id, 'failed', 1);
  expect(gone.received).toHaveLength(2);

  await service.client.patch(`/v1/webhook-endpoints/${id}`, { enabled: true });
  const since = new Date(Date.now() - 60_000).toISOString();
  const recovered = await service.client.post(`/v1/webhook-endpoints/${id}/recover`, { since });
  expect(recovered).toMatchObject({ status: 202, body: { object: 'webhook_recovery', messages: 2 } });
  await calls.settled(last.id, 'delivered', 2);
  await calls.settled(later.id, 'delivered', 2);
  await Promise.all([gone.close(), other.close()]);
  await service.client.delete(`/v1/webhook-endpoints/${watcher.id}`);
});

it('a 410 of the address that it had does not disable it at its new one', async () => {
  const [old, now] = [await startReceiver(), await startReceiver()];
  let answer: () => void = () => undefined;
  old.answerWith({
    status: 410,
    after: new Promise<void>((resolve) => {
      answer = resolve;
    }),
  });
  const { id } = await calls.endpoint(old.url, ['webhook.test']);
  const late = await calls.test(id);
  await old.waitFor(1);
  await service.client.patch(`/v1/webhook-endpoints/${id}`, { url: now.url });
  answer();
  await calls.settled(late.id, 'failed', 1);
  await calls.settled((await calls.test(id)).id, 'delivered', 1);
  expect(await calls.found(id)).toMatchObject({ url: now.url, enabled: true, disabled_reason: null });
  await Promise.all([old.close(), now.close()]);
});

it('five days without a success disable it; a success before begins anew', async () => {
  const mine = await startReceiver();
  const { id } = await calls.endpoint(mine.url, ['webhook.test']);
  const age = (days: number) =>
    service.database.sql(
      'UPDATE webhook_endpoint SET failing_since = now() - $2::float8 * $3::interval WHERE id = $1',
      [id, days, '1 day'],
    );
  mine.answerWith(500);
  await calls.settled((await calls.test(id)).id, 'delivered', 2);
  expect((await calls.found(id)).failing_since).toBeNull();

  mine.answerWith(500, 500, 500);
  await calls.settled((await calls.test(id)).id, 'failed', 3);
  expect(await calls.found(id)).toMatchObject({ enabled: true, failing_since: expect.stringMatching(/Z$/) });
  await age(4.99);
  mine.answerWith(500, 500, 500);
  await calls.settled((await calls.test(id)).id, 'failed', 3);
  expect((await calls.found(id)).enabled).toBe(true);
  await age(5.01);
  mine.answerWith(500);
  const last = await calls.test(id);
  await calls.settled(last.id, 'failed', 1);
  expect(await calls.found(id)).toMatchObject({ enabled: false, disabled_reason: 'failing' });
  expect((await service.client.patch(`/v1/webhook-endpoints/${id}`, { enabled: true })).body).toMatchObject({
    failing_since: null,
    disabled_reason: null,
  });
  await mine.close();
});

it('one that took something while it was about to be disabled stays enabled', async () => {
  const { id } = await calls.endpoint(NOWHERE, ['job.expired']);
  const db = openDatabase(service.database.url, { poolSize: 1, onError: () => undefined });
  await disableEndpoint(db.pool, id, { reason: 'failing' });
  await db.close();
  expect((await calls.found(id)).enabled).toBe(true);
  await service.client.delete(`/v1/webhook-endpoints/${id}`);
});

it('deleted, its waiting messages end and are not sent again', async () => {
  const { id } = await calls.endpoint(NOWHERE, ['webhook.test']);
  const message = await calls.test(id);
  await calls.settled(message.id, 'failed', 3);
  await service.database.sql(
    "UPDATE webhook_message SET status = 'pending', next_attempt_at = now() + interval '1 h' WHERE id = $1",
    [message.id],
  );
  await service.client.delete(`/v1/webhook-endpoints/${id}`);
  expect(await calls.message(message.id)).toMatchObject({ status: 'failed', next_attempt_at: null });
  expect((await service.client.post(`/v1/webhook-messages/${message.id}/resend`, {})).status).toBe(404);
});

it('a message that was written for an endpoint that is gone by then is not sent', async () => {
  const mine = await startReceiver();
  const { id } = await calls.endpoint(mine.url, ['webhook.test']);
  const message = await calls.test(id);
  await calls.settled(message.id, 'delivered', 1);
  await service.client.delete(`/v1/webhook-endpoints/${id}`);
  await service.database.sql("UPDATE webhook_message SET status = 'pending', next_attempt_at = now() WHERE id = $1", [
    message.id,
  ]);
  await calls.settled(message.id, 'failed', 1);
  expect(mine.received).toHaveLength(1);
  await mine.close();
});

it('retries go to its new address', async () => {
  const mine = await startReceiver();
  const { id } = await calls.endpoint(NOWHERE, ['webhook.test']);
  const message = await calls.test(id);
  await calls.settled(message.id, 'failed', 3);
  await service.client.patch(`/v1/webhook-endpoints/${id}`, { url: mine.url });
  await service.client.post(`/v1/webhook-messages/${message.id}/resend`, {});
  expect(await calls.settled(message.id, 'delivered', 4)).toMatchObject({ url: mine.url });
  await mine.close();
});

it('recover takes what failed in that time, and no more than 14 days', async () => {
  const { id } = await calls.endpoint(NOWHERE, ['webhook.test']);
  const recover = (body: Record<string, string>) =>
    service.client.post<{ messages: number }>(`/v1/webhook-endpoints/${id}/recover`, body);
  const message = await calls.test(id);
  await calls.settled(message.id, 'failed', 3);
  const at = Date.parse(message.created_at);
  const time = (ms: number) => new Date(ms).toISOString();
  expect((await recover({ since: time(at + 1) })).body.messages).toBe(0);
  expect((await recover({ since: time(at - 1_000), until: time(at - 1) })).body.messages).toBe(0);
  expect((await recover({ since: time(Date.now() - 14 * 86_400_000 - 60_000) })).status).toBe(422);
  expect((await recover({ since: time(at), until: time(at - 5) })).status).toBe(422);
  expect((await recover({ since: 'yesterday' })).status).toBe(422);
  expect((await recover({ since: time(at) })).body.messages).toBe(1);
  await calls.settled(message.id, 'failed', 6);
});

it('every lane has its turn, however many there are', async () => {
  const receiver = await startReceiver();
  const { id } = await calls.endpoint(receiver.url);
  const message = await calls.test(id);
  await calls.settled(message.id, 'delivered', 1);
  await service.database.sql(
    `INSERT INTO webhook_message (id, tenant_id, event_id, url, lane_key, event_type)
     SELECT 'msg_lane_' || n, tenant_id, event_id, url, 'lane ' || n, event_type
     FROM webhook_message, generate_series(1, 1100) AS n WHERE webhook_message.id = $1`,
    [message.id],
  );
  await receiver.waitFor(1101);
  await waitFor('no message that waits', async () => {
    const rows = await service.database.sql(
      "SELECT FROM webhook_message WHERE id LIKE 'msg_lane_%' AND status = 'pending'",
    );
    return rows.length === 0;
  });
  await receiver.close();
});

it('new receivers of other tenants are served while thousands of one tenant hang', async () => {
  const [hanging, healthy] = [await startReceiver(), await startReceiver()];
  const { id } = await calls.endpoint(healthy.url);
  const message = await calls.test(id);
  await calls.settled(message.id, 'delivered', 1);
  hanging.answerWith(...Array.from({ length: 2_000 }, () => ({ status: 204, after: new Promise(() => undefined) })));
  const copies = (lane: string, tenant: string, url: string, count: number) =>
    service.database.sql(
      `INSERT INTO webhook_message (id, tenant_id, event_id, url, lane_key, event_type)
       SELECT 'msg_' || $2 || n, $3, event_id, $4, $2 || n, event_type
       FROM webhook_message, generate_series(1, $5::int) AS n WHERE webhook_message.id = $1`,
      [message.id, lane, tenant, url, count],
    );
  await service.database.sql("INSERT INTO tenant (id, webhook_secret) SELECT 'other', webhook_secret FROM tenant");
  await copies('hangs ', 'default', hanging.url, 1_500);
  await waitFor('POSTs that hang', async () => hanging.received.length >= 100);
  await copies('later ', 'other', healthy.url, 10);
  await healthy.waitFor(11);
  const hung = await service.database.sql("SELECT FROM webhook_attempt WHERE message_id LIKE 'msg_hangs %'");
  expect(hung).toHaveLength(0);
  await service.database.sql("UPDATE webhook_message SET status = 'failed' WHERE lane_key LIKE 'hangs %'");
  await Promise.all([hanging.close(), healthy.close()]);
});
