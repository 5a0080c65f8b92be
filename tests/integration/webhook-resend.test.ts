import { afterAll, beforeAll, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver } from '../support/webhook-receiver.ts';
import { webhookCalls } from '../support/webhooks.ts';

let service: TestService;
let calls: ReturnType<typeof webhookCalls>;

beforeAll(async () => {
  service = await startService({ env: { WEBHOOK_RETRY_SCHEDULE: '0s,1h' } });
  calls = webhookCalls(service);
});

afterAll(() => service?.stop());

const resend = (id: string) => service.client.post(`/v1/webhook-messages/${id}/resend`, {});

/** A promise that the test resolves. */
function held(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

it('a resend has an attempt of its own: delivered, waiting or failed', async () => {
  const receiver = await startReceiver();
  const { id } = await calls.endpoint(receiver.url);
  receiver.answerWith(500);
  const message = await calls.test(id);
  const waiting = await calls.settled(message.id, 'pending', 1);
  expect(Date.parse(waiting.next_attempt_at ?? '') - Date.now()).toBeGreaterThan(45 * 60_000);
  const answer = await resend(message.id);
  expect(answer).toMatchObject({ status: 202, body: { id: message.id, status: 'pending' } });
  await calls.settled(message.id, 'delivered', 2);
  await resend(message.id);
  const thrice = await calls.settled(message.id, 'delivered', 3);
  expect(thrice.attempts).toMatchObject([
    { status_code: 500, error: 'http_status' },
    { status_code: 204, error: null },
    { status_code: 204, error: null },
  ]);
  expect(new Set(receiver.received.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([message.id]));
  await receiver.close();
});

it('resends during an attempt are not swallowed by its record', async () => {
  const receiver = await startReceiver();
  const { id } = await calls.endpoint(receiver.url);
  const { promise: released, resolve: release } = held();
  receiver.answerWith({ status: 200, after: released });
  const message = await calls.test(id);
  await receiver.waitFor(1);
  expect((await resend(message.id)).status).toBe(202);
  expect((await resend(message.id)).status).toBe(202);
  await receiver.waitFor(3);
  release();
  await calls.settled(message.id, 'delivered', 3);
  expect(receiver.received).toHaveLength(3);
  await receiver.close();
});

it('a late failure does not undo a resend that got through', async () => {
  const receiver = await startReceiver();
  const { id } = await calls.endpoint(receiver.url);
  const { promise: released, resolve: release } = held();
  receiver.answerWith({ status: 500, after: released });
  const message = await calls.test(id);
  await receiver.waitFor(1);
  await resend(message.id);
  await calls.settled(message.id, 'delivered', 1);
  release();
  const seen = await calls.settled(message.id, 'delivered', 2);
  expect(seen.attempts.map(({ status_code }) => status_code).sort()).toEqual([204, 500]);
  await receiver.close();
});

it('a claim that was never recorded is taken up again when its lease is over', async () => {
  const receiver = await startReceiver();
  const { id } = await calls.endpoint(receiver.url);
  const message = await calls.test(id);
  await calls.settled(message.id, 'delivered', 1);
  await service.database.sql(
    `UPDATE webhook_message SET status = 'pending', tries = 1, next_attempt_at = now() - interval '1 min',
       leased_until = now() + interval '300 ms' WHERE id = $1`,
    [message.id],
  );
  await calls.settled(message.id, 'delivered', 2);
  await receiver.close();
});

it('Retry-After is honoured on 429 and 503, up to a day, and does not shorten the schedule', async () => {
  const receiver = await startReceiver();
  const { id } = await calls.endpoint(receiver.url);
  const waitAfter = async (status: number, seconds: string) => {
    receiver.answerWith({ status, headers: { 'retry-after': seconds } });
    const { next_attempt_at } = await calls.settled((await calls.test(id)).id, 'pending', 1);
    return (Date.parse(next_attempt_at ?? '') - Date.now()) / 60_000;
  };
  expect(Math.round(await waitAfter(503, '18000'))).toBe(300);
  expect(Math.round(await waitAfter(429, '9000000000'))).toBe(24 * 60);
  for (const [status, seconds] of [
    [429, '1'],
    [500, '18000'],
  ] as const) {
    const minutes = await waitAfter(status, seconds);
    expect(minutes).toBeGreaterThan(47);
    expect(minutes).toBeLessThan(73);
  }
  await receiver.close();
});

it('a receiver that hangs delays neither other endpoints nor its own tenant’s jobs', async () => {
  const service = await startService({ env: { WEBHOOK_RETRY_SCHEDULE: '0s,1h', WEBHOOK_TIMEOUT: '1s' } });
  const calls = webhookCalls(service);
  const [stuck, healthy] = [await startReceiver(), await startReceiver()];
  const never = new Promise<void>(() => undefined);
  stuck.answerWith(...Array.from({ length: 200 }, () => ({ status: 200, after: never })));
  const [{ id: stuckId }, { id: healthyId }] = [
    await calls.endpoint(stuck.url, ['webhook.test']),
    await calls.endpoint(healthy.url, ['webhook.test', 'job.succeeded']),
  ];
  const waiting = await calls.test(stuckId);
  await service.database.sql(
    `INSERT INTO webhook_message (id, tenant_id, event_id, endpoint_id, url, lane_key, event_type, next_attempt_at)
     SELECT 'msg_' || n, tenant_id, event_id, endpoint_id, url, lane_key, event_type, now() - interval '1 h'
     FROM webhook_message, generate_series(1, 2000) AS n WHERE webhook_message.id = $1`,
    [waiting.id],
  );
  await stuck.waitFor(5);
  const started = Date.now();
  const { id: jobId } = await service.client.submit({ type: 'generate', prompt: 'What?' });
  const messages = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map(() => calls.test(healthyId)));
  for (const { id } of messages) await calls.settled(id, 'delivered', 1);
  await service.client.ended(jobId);
  await healthy.waitFor(9);
  expect(Date.now() - started).toBeLessThan(8_000);
  // It began with five at once; after the first time-outs it gets one at a time.
  expect(stuck.received.length).toBeLessThan(15);
  await service.client.delete(`/v1/webhook-endpoints/${stuckId}`);
  expect(await calls.messages(`?endpoint_id=${stuckId}&status=pending`)).toEqual([]);
  await Promise.all([stuck.close(), healthy.close(), service.stop()]);
});

it('two workers send every message once', async () => {
  const receiver = await startReceiver();
  const { id } = await calls.endpoint(receiver.url);
  const message = await calls.test(id);
  await calls.settled(message.id, 'delivered', 1);
  const second = await service.startWorkers();
  await service.database.sql(
    `INSERT INTO webhook_message (id, tenant_id, event_id, endpoint_id, url, lane_key, event_type)
     SELECT 'msg_again_' || n, tenant_id, event_id, endpoint_id, url, lane_key, event_type
     FROM webhook_message, generate_series(1, 300) AS n WHERE webhook_message.id = $1`,
    [message.id],
  );
  const delivered = async () => {
    const rows = await service.database.sql(
      "SELECT FROM webhook_message WHERE endpoint_id = $1 AND status = 'delivered'",
      [id],
    );
    return rows.length === 301;
  };
  await waitFor('300 delivered messages', delivered, 45_000);
  const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(ids).toHaveLength(301);
  expect(new Set(ids).size).toBe(301);
  await second.stop();
  await receiver.close();
});

it('an address that was allowed once is not contacted when it is not any more', async () => {
  const receiver = await startReceiver();
  const { id } = await calls.endpoint(receiver.url);
  await service.database.sql("UPDATE webhook_endpoint SET url = 'http://10.255.255.1/' WHERE id = $1", [id]);
  const message = await calls.test(id);
  const seen = await waitFor('an attempt', async () => {
    const { attempts } = await calls.message(message.id);
    return attempts[0];
  });
  expect(seen).toMatchObject({ status_code: null, error: 'blocked_address', response: '' });
  expect(receiver.received).toEqual([]);
  await receiver.close();
});
