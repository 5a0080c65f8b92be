import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { trace } from '@opentelemetry/api';
import { pino } from 'pino';
import { afterEach, expect, it, vi } from 'vitest';
import { readConfig } from '../../../src/lib/config.ts';
import { startTracing } from '../../../src/lib/start-tracing.ts';
import { startSpan } from '../../../src/lib/trace.ts';

const REQUIRED = { DATABASE_URL: 'postgresql://localhost/reelay', ENCRYPTION_KEY: Buffer.alloc(32).toString('base64') };
const log = pino({ level: 'silent' });

afterEach(() => {
  vi.unstubAllEnvs();
  trace.disable();
});

it('sends spans to the collector that the standard variables name', async () => {
  const received: { path: string; key: string; body: string }[] = [];
  const collector = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ path: request.url ?? '', key: String(request.headers['x-key']), body });
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url);
  vi.stubEnv('OTEL_EXPORTER_OTLP_HEADERS', 'x-key=abc');
  vi.stubEnv('OTEL_SERVICE_NAME', 'night-shift');

  const tracing = await startTracing(readConfig({ ...REQUIRED, OTEL_EXPORTER_OTLP_ENDPOINT: url }), 'worker', log);
  startSpan('phase render', { parent: null, attributes: { 'reelay.phase': 'render' } }).end();
  await tracing?.stop();
  collector.close();

  expect(received).toMatchObject([{ path: '/v1/traces', key: 'abc' }]);
  for (const text of ['phase render', 'night-shift', 'reelay.phase']) expect(received[0]?.body).toContain(text);
});

it('does nothing where they name none, or are switched off', async () => {
  expect(await startTracing(readConfig(REQUIRED), 'api', log)).toBeNull();
  const off = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' };
  expect(await startTracing(readConfig({ ...REQUIRED, ...off }), 'api', log)).toBeNull();
  expect(startSpan('phase render', { parent: null }).isRecording()).toBe(false);
});

it('a collector that does not answer holds up nothing', async () => {
  const url = 'http://127.0.0.1:9';
  vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', url);
  const tracing = await startTracing(readConfig({ ...REQUIRED, OTEL_EXPORTER_OTLP_ENDPOINT: url }), 'api', log);
  startSpan('queue', { parent: null }).end();
  const started = performance.now();
  await tracing?.stop();
  expect(performance.now() - started).toBeLessThan(5_000);
});
