import { createHmac } from 'node:crypto';
import type { Socket } from 'node:net';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, it } from 'vitest';
import { sendWebhook } from '../../../src/lib/webhooks/send.ts';
import { newWebhookSecret, webhookHeaders } from '../../../src/lib/webhooks/sign.ts';
import { newAgent, post } from './post.ts';
import { httpReceiver, rawReceiver } from './receiver.ts';

describe('an attempt that is answered', () => {
  it('sends the bytes, the headers and the path as they are, and keeps the answer', async () => {
    const receiver = await httpReceiver((response) => response.writeHead(201).end('thank\0 you'));
    const secret = newWebhookSecret();
    const body = Buffer.from('{"type":"job.succeeded","data":{"title":"Ünï ✓"}}');
    const timestampS = Math.floor(Date.now() / 1000);
    const signed = webhookHeaders({ id: 'msg_1', timestampS, body, secrets: [newWebhookSecret(), secret] });
    const url = `${receiver.url}?a=%20b#fragment`;
    const headers = { ...signed, 'user-agent': 'reelay/1.2.3' };
    const result = await sendWebhook(newAgent(), { url, headers, body, timeoutMs: 2_000 });

    const { durationMs, ...rest } = result;
    const answer = { ok: true, statusCode: 201, error: null, response: 'thank you', retryAfterMs: null, gone: false };
    expect(rest).toEqual(answer);
    expect(Number.isInteger(durationMs) && durationMs >= 0 && durationMs < 2_000).toBe(true);
    const [got] = receiver.received;
    if (got === undefined) throw new Error('nothing was received');
    expect(got).toMatchObject({ method: 'POST', url: '/hook?a=%20b', body });
    expect(got.headers).toMatchObject({ 'content-type': 'application/json', 'user-agent': 'reelay/1.2.3', ...signed });
    expect(new Webhook(secret).verify(got.body, got.headers as Record<string, string>)).toEqual(JSON.parse(`${body}`));
  });

  it('lets the receiver verify exactly what it got, whatever bytes the body has', async () => {
    const receiver = await httpReceiver((response) => response.end());
    const agent = newAgent({ connections: 1 });
    const key = Buffer.alloc(32, 3);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 2_000 }), async (bytes) => {
        const body = Buffer.from(bytes);
        const secrets = [`whsec_${key.toString('base64')}`];
        const headers = webhookHeaders({ id: 'msg_1', timestampS: 1_700_000_000, body, secrets });
        const result = await sendWebhook(agent, { url: receiver.url, headers, body, timeoutMs: 2_000 });
        expect(result).toMatchObject({ ok: true, statusCode: 200 });
        const got = receiver.received.pop();
        const text = Buffer.concat([Buffer.from('msg_1.1700000000.'), got?.body ?? Buffer.alloc(0)]);
        const expected = createHmac('sha256', key).update(text).digest('base64');
        expect(got?.body).toEqual(body);
        expect(got?.headers['webhook-signature']).toBe(`v1,${expected}`);
      }),
    );
    expect(receiver.connections).toBe(1);
  });

  it.each([
    [200, true, null],
    [204, true, null],
    [299, true, null],
    [300, false, 'redirect'],
    [304, false, 'redirect'],
    [400, false, 'http_status'],
    [410, false, 'http_status'],
    [429, false, 'http_status'],
    [500, false, 'http_status'],
  ])('with %i has ok %s and the error %s', async (statusCode, ok, error) => {
    const { url } = await httpReceiver((response) => response.writeHead(statusCode).end());
    expect(await post(url)).toMatchObject({ ok, statusCode, error, gone: statusCode === 410, retryAfterMs: null });
  });

  it.each([301, 302, 303, 307, 308])('with a redirect %i is a failure and is not followed', async (statusCode) => {
    const elsewhere = await httpReceiver((response) => response.end());
    const { url } = await httpReceiver((response) => response.writeHead(statusCode, { location: elsewhere.url }).end());
    expect(await post(url)).toMatchObject({ ok: false, statusCode, error: 'redirect' });
    expect(elsewhere.connections).toBe(0);
  });

  it.each([429, 503])('with %i says how long to wait, in seconds or until a date', async (statusCode) => {
    const inSeconds = await httpReceiver((response) => response.writeHead(statusCode, { 'retry-after': '7' }).end());
    expect(await post(inSeconds.url)).toMatchObject({ statusCode, retryAfterMs: 7_000 });
    const date = new Date(Date.now() + 60_000).toUTCString();
    const untilDate = await httpReceiver((response) => response.writeHead(statusCode, { 'retry-after': date }).end());
    const { retryAfterMs } = await post(untilDate.url);
    expect(retryAfterMs).toBeGreaterThan(55_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  it.each([200, 301, 500])('with %i is not asked how long to wait', async (statusCode) => {
    const { url } = await httpReceiver((response) => response.writeHead(statusCode, { 'retry-after': '7' }).end());
    expect(await post(url)).toMatchObject({ statusCode, retryAfterMs: null });
  });

  it('keeps 4 KiB of the text and cuts no character in two', async () => {
    const { url } = await httpReceiver((response) => {
      response.write(`a${'é'.repeat(1_500)}`);
      response.end('é'.repeat(3_000));
    });
    const { ok, response } = await post(url);
    expect(ok).toBe(true);
    expect(response).toBe(`a${'é'.repeat(2_047)}`);
  });

  it('stops reading an endless answer and drops the connection', async () => {
    const pouring: Socket[] = [];
    const { url } = await rawReceiver((socket) => {
      pouring.push(socket);
      const pour = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(16 * 1024, 'x')));
      };
      socket.on('drain', pour);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      pour();
    });
    const result = await post(url, { timeoutMs: 60_000 });
    expect(result).toMatchObject({ ok: true, statusCode: 200, error: null, response: 'x'.repeat(4_096) });
    const [socket] = pouring;
    if (!socket?.closed) await new Promise((resolve) => socket?.once('close', resolve));
    expect(socket?.closed).toBe(true);
  });

  it('uses the connection again after a long answer of less than 64 KiB', async () => {
    const receiver = await httpReceiver((response) => response.end('x'.repeat(60_000)));
    const agent = newAgent({ connections: 1 });
    for (let sent = 0; sent < 3; sent += 1) expect(await post(receiver.url, { agent })).toMatchObject({ ok: true });
    expect(receiver.connections).toBe(1);
  });

  it.each([
    [200, true, null],
    [500, false, 'http_status'],
  ])('with %i keeps that status when the body outlasts the deadline', async (statusCode, ok, error) => {
    const { url } = await httpReceiver((response) => response.writeHead(statusCode).write('begun'));
    const result = await post(url, { timeoutMs: 80 });
    expect(result).toMatchObject({ ok, statusCode, error, response: 'begun' });
    expect(result.durationMs).toBeGreaterThanOrEqual(79);
    expect(result.durationMs).toBeLessThan(1_000);
  });

  it('goes by the final status, not by a hint before it', async () => {
    const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
    const final = await rawReceiver((socket) => socket.write(`${hint}HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n`));
    expect(await post(final.url)).toMatchObject({ ok: false, statusCode: 500, error: 'http_status' });
    const only = await rawReceiver((socket) => socket.write(hint));
    expect(await post(only.url, { timeoutMs: 80 })).toMatchObject({ statusCode: null, error: 'timeout' });
  });

  it('keeps its status when the connection breaks in the body', async () => {
    const { url } = await rawReceiver((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun'));
    expect(await post(url)).toMatchObject({ ok: true, statusCode: 200, error: null, response: 'begun' });
  });
});
