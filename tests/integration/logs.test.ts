import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

type Line = { msg: string; level: number } & Record<string, unknown>;

const lines: Line[] = [];
let service: TestService;
let receiver: WebhookReceiver;

beforeAll(async () => {
  const out = new Writable({
    write(chunk, _encoding, done) {
      // Throws, and fails the test, for what is not one JSON object a line.
      for (const line of String(chunk).trim().split('\n')) lines.push(JSON.parse(line));
      done();
    },
  });
  receiver = await startReceiver();
  service = await startService({ log: pino({ level: 'info' }, out) });
});

afterAll(async () => {
  await service?.stop();
  await receiver?.close();
});

const linesOf = (requestId: string) =>
  lines.filter(({ msg, request_id }) => msg === 'request' && request_id === requestId);
const lineOf = (requestId: string) => waitFor(`the line of ${requestId}`, async () => linesOf(requestId)[0]);

it('one line a request, step and webhook attempt, with the ids that lead from one to the other', async () => {
  const webhook = { url: receiver.url };
  const sent = { type: 'generate', prompt: 'A heron', webhook };
  const { body: job } = await service.client.post<JobView>('/v1/jobs', sent, { 'x-request-id': 'r-1', traceparent });
  await service.client.ended(job.id);
  const [key] = await service.database.sql<{ id: string }>('SELECT id FROM api_key');
  const ids = { trace_id: TRACE_ID, tenant: 'default', job_id: job.id };
  expect(await lineOf('r-1')).toMatchObject({ ...ids, method: 'POST', path: '/v1/jobs', status: 202, key_id: key?.id });
  expect(linesOf('r-1')).toHaveLength(1);

  const steps = lines.filter(({ msg, job_id }) => msg === 'job step' && job_id === job.id);
  expect(steps.map(({ phase }) => phase)).toEqual(['session', 'converse']);
  for (const step of steps) {
    expect(step).toMatchObject({ ...ids, request_id: 'r-1', session_id: job.session_id, outcome: expect.any(String) });
  }
  const attempt = await waitFor('the attempt', async () => lines.find(({ msg }) => msg === 'webhook attempt'));
  expect(attempt).toMatchObject({
    ...ids,
    message_id: expect.stringMatching(/^msg_/),
    status: 'delivered',
    attempt: 1,
  });

  await service.client.get(`/v1/jobs/${job.id}`, { 'x-request-id': 'r-2' });
  expect(await lineOf('r-2')).toMatchObject({ job_id: job.id, tenant: 'default', key_id: key?.id, status: 200 });
});

it('a request of nobody has no tenant, and one without a job no job', async () => {
  await service.client.get('/v1/skills?token=abc', { authorization: 'Bearer rk_wrong', 'x-request-id': 'r-3' });
  const line = await lineOf('r-3');
  expect(line).toMatchObject({ status: 401, path: '/v1/skills' });
  for (const field of ['tenant', 'key_id', 'job_id', 'trace_id']) expect(line).not.toHaveProperty(field);
  expect(JSON.stringify(line)).not.toMatch(/rk_wrong|abc/);
});

it('probes that find everything well fill no log', async () => {
  for (const path of ['/health/live', '/health/ready', '/metrics']) {
    const headers = { 'x-request-id': `probe ${path}` };
    expect((await fetch(`${service.url}${path}`, { headers })).status).toBe(200);
  }
  await service.client.get('/v1/nothing', { 'x-request-id': 'r-4' });
  await lineOf('r-4');
  expect(lines.filter(({ path }) => /^\/(health|metrics)/.test(String(path)))).toEqual([]);
});
