import { trace } from '@opentelemetry/api';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const CLIENT_SPAN = '00f067aa0ba902b7';
const traceparent = `00-${TRACE_ID}-${CLIENT_SPAN}-01`;

const exporter = new InMemorySpanExporter();
let service: TestService;
let receiver: WebhookReceiver;

beforeAll(async () => {
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  receiver = await startReceiver();
  service = await startService();
});

beforeEach(() => exporter.reset());

afterAll(async () => {
  await service?.stop();
  await receiver?.close();
  trace.disable();
});

const spansOf = (traceId: string) =>
  exporter.getFinishedSpans().filter((span) => span.spanContext().traceId === traceId);
const named = (traceId: string, name: string) => spansOf(traceId).filter((span) => span.name === name);

const hrTimeMs = ([s, ns]: readonly [number, number]) => Math.round(s * 1_000 + ns / 1e6);

async function submit(body: Record<string, unknown>, headers: Record<string, string>): Promise<JobView> {
  return (await service.client.post<JobView>('/v1/jobs', { type: 'generate', ...body }, headers)).body;
}

/** The trace of a job, once its webhook was sent. */
async function traced(jobId: string, traceId: string): Promise<ReadableSpan[]> {
  await service.client.ended(jobId);
  await waitFor('the webhook attempt', async () => named(traceId, 'webhook attempt').length > 0);
  return spansOf(traceId);
}

it('one trace leads from the client through request, dispatch, queue and phases to the webhook', async () => {
  const prompt = 'A heron at dawn, in secret';
  const job = await submit({ prompt, export: true, webhook: { url: receiver.url } }, { traceparent });
  const spans = await traced(job.id, TRACE_ID);

  type History = { data: { phase: string | null; at: string }[] };
  const history = await service.client.get<History>(`/v1/jobs/${job.id}/history`);
  const [request] = named(TRACE_ID, 'POST /v1/jobs');
  expect(request?.parentSpanContext?.spanId).toBe(CLIENT_SPAN);
  expect(request?.attributes).toMatchObject({
    'http.route': '/v1/jobs',
    'http.response.status_code': 202,
    'reelay.job_id': job.id,
    'reelay.tenant': 'default',
  });
  const below = spans.filter((span) => span !== request);
  const requestId = request?.spanContext().spanId;
  expect(new Set(below.map((span) => span.parentSpanContext?.spanId))).toEqual(new Set([requestId]));
  expect(new Set(below.map((span) => span.name))).toEqual(
    new Set([
      'dispatch',
      'queue',
      'phase session',
      'phase converse',
      'phase render',
      'phase verify',
      'webhook attempt',
    ]),
  );
  for (const phase of ['session', 'converse', 'render', 'verify']) {
    const [span, ...more] = named(TRACE_ID, `phase ${phase}`);
    expect(more).toEqual([]);
    expect(span?.attributes).toMatchObject({
      'reelay.job_id': job.id,
      'reelay.tenant': 'default',
      'reelay.phase': phase,
      'reelay.outcome': 'done',
    });
    // A render is polled: its span begins with the first step of the phase, not with the last.
    const entered = history.body.data.find((event) => event.phase === phase)?.at ?? '';
    expect(span && hrTimeMs(span.startTime)).toBe(Date.parse(entered));
  }

  const [attempt] = named(TRACE_ID, 'webhook attempt');
  const [sent] = receiver.received.splice(0);
  expect(sent?.headers.traceparent).toBe(`00-${TRACE_ID}-${attempt?.spanContext().spanId}-01`);
  expect(attempt?.attributes).toMatchObject({ 'reelay.outcome': 'delivered', 'http.response.status_code': 204 });

  const told = JSON.stringify(spans.map(({ name, attributes, status, events }) => [name, attributes, status, events]));
  for (const secret of ['heron', 'nmv_usr', 'whsec', service.env.BOOTSTRAP_API_KEY ?? '', receiver.url]) {
    expect(told).not.toContain(secret);
  }
});

it('a failure stands in the span of its phase', async () => {
  const job = await submit({ prompt: 'Nothing #no-credits', webhook: { url: receiver.url } }, { traceparent });
  await traced(job.id, TRACE_ID);
  const failed = spansOf(TRACE_ID).filter(
    ({ attributes }) => attributes['reelay.failure_code'] === 'credits_exhausted',
  );
  expect(failed).toHaveLength(1);
  expect(failed[0]?.attributes['reelay.outcome']).toBe('failed');
  receiver.received.splice(0);
});

it('a retry belongs to the trace of the request that asked for it', async () => {
  const first = await submit({ prompt: 'A title #error-fatal' }, {});
  await service.client.ended(first.id);
  const answer = await service.client.post<JobView>(
    `/v1/jobs/${first.id}/retry`,
    { accept_duplicate_charge: true },
    { traceparent },
  );
  expect(answer.status).toBe(202);
  await service.client.ended(answer.body.id);
  await waitFor('the trace', async () => named(TRACE_ID, 'phase converse').length > 0);
  expect(named(TRACE_ID, 'phase converse')[0]?.attributes['reelay.job_id']).toBe(answer.body.id);
});

it('a trace that is not to be recorded is not, and goes on to the webhook all the same', async () => {
  const unsampled = `00-${TRACE_ID}-${CLIENT_SPAN}-00`;
  await submit({ prompt: 'A heron', webhook: { url: receiver.url } }, { traceparent: unsampled });
  const [sent] = await receiver.waitFor(1);
  expect(sent?.headers.traceparent).toMatch(new RegExp(`^00-${TRACE_ID}-[0-9a-f]{16}-00$`));
  expect(spansOf(TRACE_ID)).toEqual([]);
  receiver.received.splice(0);
});

it('without a collector the traceparent of the client still reaches the webhook, and nothing else does', async () => {
  trace.disable();
  await submit({ prompt: 'A heron', webhook: { url: receiver.url } }, { traceparent });
  expect((await receiver.waitFor(1))[0]?.headers.traceparent).toBe(traceparent);
  await submit({ prompt: 'A heron', webhook: { url: receiver.url } }, { traceparent: 'no-trace' });
  expect((await receiver.waitFor(2))[1]?.headers).not.toHaveProperty('traceparent');
});
