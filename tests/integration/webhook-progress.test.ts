import pg from 'pg';
import { afterEach, expect, it } from 'vitest';
import { tellProgress } from '../../src/lib/db/progress-events.ts';
import { startService, type TestService } from '../support/service.ts';
import { startReceiver } from '../support/webhook-receiver.ts';
import { type List, webhookCalls } from '../support/webhooks.ts';

let service: TestService;

afterEach(() => service?.stop());

type Told = { type: string; data: { id: string; status: string; progress: { events: number } } };

/** Attempts with this result, as the metrics of this process count them. */
async function attempts(result: string): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return Number(new RegExp(`^reelay_webhook_attempts_total\\{result="${result}"\\} (.*)$`, 'm').exec(text)?.[1]);
}

it('progress is told while a job runs, is never sent twice and is no part of the history', async () => {
  service = await startService({ sandbox: { speed: 12 } });
  const receiver = await startReceiver();
  receiver.answerWith(500);
  const [failedBefore, droppedBefore] = [await attempts('failed'), await attempts('dropped')];
  const { id: endpointId } = await webhookCalls(service).endpoint(receiver.url, ['job.progress']);
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A long way' });
  const [first] = await receiver.waitFor(1);
  const told = JSON.parse(first?.body ?? '') as Told;
  expect(told).toMatchObject({ type: 'job.progress', data: { id, status: 'running' } });
  const [message] = await webhookCalls(service).messages(`?endpoint_id=${endpointId}`);
  await webhookCalls(service).settled(message?.id ?? '', 'failed', 1);
  expect(await attempts('failed')).toBe(failedBefore);
  expect(await attempts('dropped')).toBeGreaterThan(droppedBefore);

  await service.client.ended(id, 40_000);
  const heard = receiver.received.map(({ body }) => (JSON.parse(body) as Told).data.progress.events);
  expect(heard).toEqual([...heard].sort((a, b) => a - b));
  expect(heard.at(-1)).toBeGreaterThan(0);
  const progress = receiver.received.map(({ headers }) => headers['webhook-id']);
  expect(new Set(progress).size).toBe(progress.length);
  const history = (await service.client.get<List<{ type: string; seq: number }>>(`/v1/jobs/${id}/history`)).body.data;
  expect(history.map(({ seq }) => seq)).toEqual(history.map((_, index) => index + 1));
  const pulled = (await service.client.get<List<{ type: string }>>('/v1/events')).body.data;
  for (const { type } of [...history, ...pulled]) expect(type).not.toBe('job.progress');
  await receiver.close();
});

it('is told at most once in 5 s a job, to those who ask for it, and not after the end', async () => {
  service = await startService({ workers: false });
  const pool = new pg.Pool({ connectionString: service.database.url, max: 1 });
  const url = 'http://127.0.0.1:9/';
  const submit = async (events?: string[]) =>
    (
      await service.client.submit({
        type: 'generate',
        prompt: 'A fox',
        webhook: { url, ...(events ? { events } : {}) },
      })
    ).id;
  const asks = await submit(['job.progress']);
  const ended = await submit(['job.progress']);
  const doesNot = await submit();
  await service.database.sql("UPDATE job SET status = 'failed', finished_at = now() WHERE id = $1", [ended]);
  const told = () =>
    service.database.sql<{ job_id: string; seq: number | null; n: number }>(
      `SELECT job_id, seq, count(message.id)::int AS n FROM event JOIN webhook_message AS message ON event_id = event.id
       WHERE type = 'job.progress' GROUP BY event.id ORDER BY event.id`,
    );
  await tellProgress(pool, [asks, ended, doesNot]);
  await tellProgress(pool, [asks, ended, doesNot]);
  expect(await told()).toEqual([{ job_id: asks, seq: null, n: 1 }]);
  await service.database.sql("UPDATE event SET at = at - interval '5 s' WHERE type = 'job.progress'");
  await webhookCalls(service).endpoint(url, ['job.progress']);
  await tellProgress(pool, [asks, ended, doesNot]);
  expect(await told()).toEqual([
    { job_id: asks, seq: null, n: 1 },
    { job_id: asks, seq: null, n: 2 },
    { job_id: doesNot, seq: null, n: 1 },
  ]);
  await pool.end();
});
