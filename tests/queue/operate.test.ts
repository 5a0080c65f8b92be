import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const ADMIN_TOKEN = 'open-sesame-1234';
const BEARER = { authorization: `Bearer ${ADMIN_TOKEN}` };
const BASIC = { authorization: `Basic ${Buffer.from(`admin:${ADMIN_TOKEN}`).toString('base64')}` };

let service: TestService;
let receiver: WebhookReceiver;
/** Where the worker answers. */
let worker: string;
/** What this process had counted before, in other files. */
let counted: Map<string, number>;

beforeAll(async () => {
  receiver = await startReceiver();
  // A silence of 11 minutes outlasts two heartbeats of the worker.
  service = await startService({
    workers: false,
    sandbox: { speed: 60 },
    env: { ADMIN_TOKEN, METRICS_PORT: '0', HOST: '127.0.0.1' },
  });
  worker = (await service.startWorkers()).operatorUrl ?? '';
  counted = new Map((await samples(worker)).filter(([key]) => /^reelay_\w+_(total|count)\b/.test(key)));
});

afterAll(async () => {
  await service?.stop();
  await receiver?.close();
});

/** The values of a metric, by their labels as they are written; of what is counted, what came since this file began. */
async function scrape(url: string, name: string): Promise<Record<string, number>> {
  const lines = (await samples(url)).filter(([key]) => key.startsWith(`${name}{`) || key === name);
  const grown = lines.map(([key, value]): [string, number] => [key, value - (counted.get(key) ?? 0)]);
  return Object.fromEntries(
    grown
      .filter(([key, value]) => value !== 0 || !counted.has(key))
      .map(([key, value]) => [key.slice(name.length), value]),
  );
}

/** The lines that tell a value: what of, with its labels. */
async function samples(url: string): Promise<[string, number][]> {
  const text = await (await fetch(`${url}/metrics`, { headers: BEARER })).text();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]);
}

describe('the board', () => {
  it('shows the queues to the admin, and changes nothing', async () => {
    const page = await fetch(`${service.url}/admin/queues`, { headers: BASIC });
    expect([page.status, page.headers.get('content-type')]).toEqual([200, expect.stringContaining('text/html')]);
    const html = await page.text();
    // Its fonts would come from elsewhere: the browser is told not to ask.
    expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self';/);
    const script = /src="([^"]+\.js)"/.exec(html)?.[1] ?? '';
    expect((await fetch(new URL(script, `${service.url}/admin/queues/`), { headers: BASIC })).status).toBe(200);

    const api = `${service.url}/admin/queues/api/queues`;
    const queues = (await (await fetch(api, { headers: BASIC })).json()) as { queues: unknown[] };
    expect(queues.queues).toMatchObject([
      { name: 'run', readOnlyMode: true },
      { name: 'wait', readOnlyMode: true },
    ]);
    const pause = await fetch(`${api}/run/pause`, { method: 'PUT', headers: BASIC });
    expect(pause.status).toBe(405);
  });

  it.each([
    ['nobody', {}],
    ['a stranger', { authorization: `Basic ${Buffer.from('admin:open-sesame').toString('base64')}` }],
    ['a bearer', BEARER],
  ])('is closed to %s', async (_, headers) => {
    for (const path of ['', '/api/queues', '/static/favicon.ico']) {
      const answer = await fetch(`${service.url}/admin/queues${path}`, { headers: headers as Record<string, string> });
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, expect.stringMatching(/^Basic /)]);
    }
  });
});

describe('the metrics', () => {
  // The first to scrape the API: what is read from the stores is then told for 5 s.
  it('tell of conversations that are open, and of those of which nobody knows what they cost', async () => {
    const { id } = await service.client.submit({ type: 'generate', prompt: 'A long film #stall' });
    await waitFor('the conversation', async () => (await service.client.job(id)).phase === 'converse');
    expect(await scrape(service.url, 'reelay_conversations_open')).toEqual({ '': 1 });
    expect(await scrape(service.url, 'reelay_jobs_in_hand')).toEqual({ '': 1 });
    expect(await scrape(service.url, 'reelay_jobs_open')).toEqual({ '{type="generate",status="running"}': 1 });
    // Its deadline comes now, however long it took to get here.
    await service.database.sql('UPDATE job SET deadline_at = now() WHERE id = $1', [id]);
    expect(await service.client.ended(id)).toMatchObject({ charged: 'unknown' });
    expect(await scrape(worker, 'reelay_unknown_outcomes_total')).toEqual({ '{type="generate"}': 1 });
  });

  it('tell of the work: by the worker what it did, by the API what is there', async () => {
    const job = await service.client.submit({
      type: 'generate',
      prompt: 'A heron',
      export: true,
      webhook: { url: receiver.url },
    });
    await service.client.ended(job.id);
    const failed = await service.client.submit({ type: 'generate', prompt: 'Nothing #no-credits' });
    await service.client.ended(failed.id);

    const ended = await scrape(worker, 'reelay_jobs_ended_total');
    expect(ended['{type="generate",status="succeeded",code=""}']).toBe(1);
    expect(ended['{type="generate",status="failed",code="credits_exhausted"}']).toBe(1);
    const phases = await scrape(worker, 'reelay_phase_duration_seconds_count');
    for (const phase of ['session', 'converse', 'render', 'verify']) {
      expect(phases[`{phase="${phase}",outcome="done"}`], phase).toBeGreaterThan(0);
    }
    const attempts = () => scrape(worker, 'reelay_webhook_attempts_total');
    await waitFor('the webhook', async () => (await attempts())['{result="delivered"}'] === 1);
    expect(await scrape(worker, 'nodejs_eventloop_lag_seconds')).not.toEqual({});

    const entries = await waitFor('a fresh reading', async () => {
      const of = await scrape(service.url, 'reelay_queue_entries');
      return Object.keys(of).length === 8 && of;
    });
    expect(entries['{queue="run",state="waiting"}']).toBe(0);
    await waitFor('the end of all conversations', async () => {
      const of = await scrape(service.url, 'reelay_conversations_open');
      return of[''] === 0;
    });
    const credits = await waitFor('credits', async () => {
      const of = await scrape(service.url, 'reelay_account_credits');
      return Object.keys(of).length === 2 && of;
    });
    expect(credits['{kind="anonymous",owner="tenants",state="available"}']).toBeGreaterThan(0);
    const requests = await scrape(service.url, 'reelay_http_request_duration_seconds_count');
    expect(requests['{method="POST",route="/v1/jobs",status="202"}']).toBe(3);
  });

  it('count the jobs of a canceled batch, which end together', async () => {
    const jobs = ['a', 'b', 'c', 'd'].map((custom_id) => ({ custom_id, type: 'generate', prompt: 'A heron' }));
    type Batch = { id: string; finished_at: string | null; counts: { canceled: number } };
    const made = await service.client.post<Batch>('/v1/batches', { jobs, max_concurrency: 1 });
    await service.client.post(`/v1/batches/${made.body.id}/cancel`, {});
    const batch = await waitFor('the end of the batch', async () => {
      const { body } = await service.client.get<Batch>(`/v1/batches/${made.body.id}`);
      return body.finished_at !== null && body;
    });
    expect(batch.counts.canceled).toBeGreaterThan(1);
    const ended = await scrape(worker, 'reelay_jobs_ended_total');
    expect(ended['{type="generate",status="canceled",code=""}']).toBe(batch.counts.canceled);
  });

  it('are for the admin', async () => {
    for (const url of [service.url, worker]) {
      const answer = await fetch(`${url}/metrics`);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([
        401,
        expect.stringMatching(/^application\/problem\+json/),
      ]);
    }
  });
});

describe('the health', () => {
  it('is good while the stores answer', async () => {
    for (const url of [service.url, worker]) {
      for (const path of ['/health/live', '/health/ready']) {
        const answer = await fetch(`${url}${path}`);
        expect([answer.status, await answer.json()]).toEqual([200, { status: 'ok' }]);
      }
    }
    expect((await fetch(`${worker}/v1/jobs`)).status).toBe(404);
  });

  it.runIf(inject('backend') === 'redis' && inject('redisUrl') === null)(
    'says so when the queue is gone, and when it is back',
    async () => {
      await service.redis?.outage?.begin();
      for (const url of [service.url, worker]) {
        const answer = await waitFor('not ready', async () => {
          const probe = await fetch(`${url}/health/ready`);
          return probe.status === 503 && probe;
        });
        expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
        expect(answer.headers.get('retry-after')).toBe('5');
        expect(await answer.json()).toMatchObject({ code: 'unavailable', detail: 'No answer from: queue.' });
        expect((await fetch(`${url}/health/live`)).status).toBe(200);
      }
      // What can be told is told.
      await waitFor('a scrape without the queue', async () => {
        const of = await scrape(service.url, 'reelay_scrape_errors_total');
        return (of['{store="queue"}'] ?? 0) > 0;
      });
      expect(await scrape(service.url, 'reelay_conversations_open')).toEqual({ '': 0 });
      await service.redis?.outage?.end();
      for (const url of [service.url, worker])
        await waitFor('ready', async () => (await fetch(`${url}/health/ready`)).status === 200);
    },
  );
});
