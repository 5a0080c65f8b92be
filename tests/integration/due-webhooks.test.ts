import { afterAll, beforeAll, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';
import { webhookCalls } from '../support/webhooks.ts';

let service: TestService;

beforeAll(async () => {
  service = await startService({ workers: false });
});

afterAll(() => service?.stop());

it('the metrics tell how many webhooks are due, in all lanes, and for how long the oldest', async () => {
  const calls = webhookCalls(service);
  const ids: string[] = [];
  for (const port of [1, 2, 3]) {
    const endpoint = await calls.endpoint(`http://127.0.0.1:${port}/`);
    for (let count = 0; count < 3; count += 1) ids.push((await calls.test(endpoint.id)).id);
  }
  const set = (id: string | undefined, what: string) =>
    service.database.sql(`UPDATE webhook_message SET ${what} WHERE id = $1`, [id]);
  // One of the first lane waits, one of the second is the oldest, one is done; of the third nothing is due.
  await set(ids[0], "next_attempt_at = now() + interval '1 h'");
  await set(ids[4], "next_attempt_at = now() - interval '1 h'");
  await set(ids[5], "status = 'delivered', next_attempt_at = now() - interval '2 h'");
  for (const id of ids.slice(6)) await set(id, "next_attempt_at = now() + interval '2 h'");
  const text = await (await fetch(`${service.url}/metrics`)).text();
  const value = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
  expect(value('reelay_webhook_messages_due')).toBe(4);
  expect(Math.round(value('reelay_oldest_due_webhook_age_seconds') / 60)).toBe(60);
});
