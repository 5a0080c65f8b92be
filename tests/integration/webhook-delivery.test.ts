import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver } from '../support/webhook-receiver.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService();
});

afterAll(() => service?.stop());

const submit = (url: string, events?: string[]) =>
  service.client.submit({ type: 'generate', prompt: 'What is this?', webhook: { url, ...(events ? { events } : {}) } });

const messageOf = async (jobId: string) => {
  const [message] = await service.database.sql<{ id: string; status: string; attempts: number }>(
    'SELECT m.id, m.status, m.attempts FROM webhook_message m JOIN event e ON e.id = m.event_id WHERE e.job_id = $1',
    [jobId],
  );
  return message;
};

const settled = (jobId: string, status: string) =>
  waitFor(`a ${status} message`, async () => (await messageOf(jobId))?.status === status && messageOf(jobId));

it('is tried again after a failure: same id and body, new timestamp and signature', async () => {
  const receiver = await startReceiver();
  receiver.answerWith(500, 503);
  const { id } = await submit(receiver.url);
  const attempts = await receiver.waitFor(3);
  expect(new Set(attempts.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(new Set(attempts.map(({ body }) => body)).size).toBe(1);
  const { secret } = (await service.client.get<{ secret: string }>('/v1/webhook-secret')).body;
  for (const { headers, body } of attempts) new Webhook(secret).verify(body, headers as Record<string, string>);
  const message = await settled(id, 'delivered');
  const rows = await service.database.sql(
    'SELECT status_code, error FROM webhook_attempt WHERE message_id = $1 ORDER BY at',
    [(message as { id: string }).id],
  );
  expect(rows.map((row) => row.status_code)).toEqual([500, 503, 204]);
  await receiver.close();
});

it('fails when the schedule is used up, and the job does not mind', async () => {
  const { id } = await submit('http://127.0.0.1:9/nobody-listens');
  expect((await service.client.ended(id)).status).toBe('succeeded');
  expect(await settled(id, 'failed')).toMatchObject({ attempts: 3 });
});

it('410 ends it at once', async () => {
  const receiver = await startReceiver();
  receiver.answerWith(410);
  const { id } = await submit(receiver.url);
  expect(await settled(id, 'failed')).toMatchObject({ attempts: 1 });
  await receiver.close();
});

it('an address that became private after it was accepted is not contacted', async () => {
  const receiver = await startReceiver();
  await service.database.sql('UPDATE tenant SET last_served_at = now()');
  const { id } = await submit(receiver.url);
  await service.database.sql("UPDATE job SET webhook_url = 'http://10.255.255.1/' WHERE id = $1", [id]);
  const message = await settled(id, 'failed').catch(() => settled(id, 'delivered'));
  const [attempt] = await service.database.sql('SELECT error FROM webhook_attempt WHERE message_id = $1', [
    (message as { id: string }).id,
  ]);
  expect(attempt).toMatchObject({ error: 'blocked_address' });
  expect(receiver.received).toEqual([]);
  await receiver.close();
});

it('only the events that were asked for are sent', async () => {
  const receiver = await startReceiver();
  const { id } = await submit(receiver.url, ['job.started']);
  await service.client.ended(id);
  const [first] = await receiver.waitFor(1);
  expect(JSON.parse(first?.body ?? '')).toMatchObject({ type: 'job.started', data: { id, status: 'running' } });
  await settled(id, 'delivered');
  expect(receiver.received).toHaveLength(1);
  await receiver.close();
});

it.each([
  ['no slashes', (url: string) => url.replace('//', '')],
  ['backslashes', (url: string) => url.replace('//', String.raw`\\`)],
  ['a path as long as it may be', (url: string) => `${url}${'/ü'.repeat(1_000)}`],
])('an address with %s gets its webhook, and its job its end', async (_, write) => {
  const receiver = await startReceiver();
  const { id } = await submit(write(receiver.url));
  expect((await service.client.ended(id)).status).toBe('succeeded');
  await receiver.waitFor(1);
  await receiver.close();
});
