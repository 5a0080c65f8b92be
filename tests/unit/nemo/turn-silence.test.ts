import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { monotonicMs } from '../../../src/lib/clock.ts';
import { runTurn } from '../../../src/lib/nemo/turn.ts';

/** Just below SSE_IDLE_TIMEOUT, and twice as long as HTTP clients wait when nobody tells them. In ms. */
const SILENCE_MS = 599_000;
const PATIENCE = { timeout: 20_000 };

// A file of its own: the HTTP client keeps the first timer that it ever made, and it must be a faked one.
beforeAll(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterAll(() => {
  vi.useRealTimers();
});

it('minutes of silence, before the headers and between two events, do not end a stream', async () => {
  const asked: ServerResponse[] = [];
  const server = createServer((_request, response) => asked.push(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const heard: string[] = [];
  const ending = runTurn({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    who: { token: 'nmv_usr_1', skill: { name: 'nemo-video', version: '1.9', platform: 'unknown' } },
    sessionId: '17',
    text: 'A fox',
    openBefore: monotonicMs() + 5_000,
    idleMs: 600_000,
    totalMs: 3 * 600_000,
    signal: new AbortController().signal,
    onPayload: (payload) => heard.push(payload) > 0,
  });
  await vi.waitUntil(() => asked.length === 1, PATIENCE);
  vi.advanceTimersByTime(SILENCE_MS);
  asked[0]?.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: {"a":1}\n\n');
  await vi.waitUntil(() => heard.length === 1, PATIENCE);
  vi.advanceTimersByTime(SILENCE_MS);
  asked[0]?.end('data: {"a":2}\n\n');
  expect(await ending).toEqual({ kind: 'closed' });
  expect(heard).toEqual(['{"a":1}', '{"a":2}']);
  server.close();
});
