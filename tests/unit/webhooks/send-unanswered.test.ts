import { describe, expect, it } from 'vitest';
import { sendWebhook } from '../../../src/lib/webhooks/send.ts';
import { newAgent, post } from './post.ts';
import { httpReceiver, rawReceiver } from './receiver.ts';

const nothing = { ok: false, statusCode: null, response: '', retryAfterMs: null, gone: false };

describe('an attempt without an answer', () => {
  it('times out when the receiver hangs', async () => {
    const { url } = await httpReceiver(() => undefined);
    const { durationMs, ...rest } = await post(url, { timeoutMs: 80 });
    expect(rest).toEqual({ ...nothing, error: 'timeout' });
    expect(durationMs).toBeGreaterThanOrEqual(79);
    expect(durationMs).toBeLessThan(1_000);
  });

  it('times out when the receiver drips its headers', async () => {
    const { url } = await rawReceiver((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nx-slow: ');
      const drip = setInterval(() => socket.write('a'), 5);
      socket.once('close', () => clearInterval(drip));
    });
    const result = await post(url, { timeoutMs: 100 });
    expect(result).toMatchObject({ ...nothing, error: 'timeout' });
    expect(result.durationMs).toBeLessThan(1_000);
  });

  it('times out when the name is never resolved', async () => {
    const agent = newAgent({ lookup: () => undefined });
    const result = await post('https://hooks.example/', { agent, timeoutMs: 80 });
    expect(result).toMatchObject({ ...nothing, error: 'timeout' });
    expect(result.durationMs).toBeLessThan(1_000);
  });

  it('times out while it waits for a connection, and is not sent later', async () => {
    const receiver = await httpReceiver((response, request) => {
      if (request.url === '/last') response.end();
    });
    const agent = newAgent({ connections: 1 });
    const first = post(receiver.url, { agent, timeoutMs: 200 });
    const second = post(receiver.url.replace('hook', 'second'), { agent, timeoutMs: 80 });
    expect(await second).toMatchObject({ ...nothing, error: 'timeout' });
    expect(await first).toMatchObject({ ...nothing, error: 'timeout' });
    expect(await post(receiver.url.replace('hook', 'last'), { agent })).toMatchObject({ ok: true });
    expect(receiver.received.map((request) => request.url)).toEqual(['/hook', '/last']);
  });

  it('is refused where nobody listens, every time, many at once', async () => {
    const { url, close } = await httpReceiver((response) => response.end());
    close();
    const agent = newAgent({ connections: 2 });
    const results = await Promise.all(Array.from({ length: 6 }, () => post(url, { agent })));
    for (const result of results) expect(result).toMatchObject({ ...nothing, error: 'connection_refused' });
  });

  it('is reset when the receiver drops the connection', async () => {
    const reset = await rawReceiver((socket) => socket.resetAndDestroy());
    expect(await post(reset.url)).toMatchObject({ ...nothing, error: 'connection_reset' });
    const closed = await rawReceiver((socket) => socket.end());
    expect(await post(closed.url)).toMatchObject({ ...nothing, error: 'connection_reset' });
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n'],
    [
      'an upgrade that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    ],
    ['headers without end', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(40_000)}`],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\na'],
  ])('is invalid when the answer is %s', async (_, answer) => {
    const { url } = await rawReceiver((socket) => socket.write(answer));
    expect(await post(url)).toMatchObject({ ...nothing, error: 'invalid_response' });
  });

  it('fails as tls where https meets a plain server', async () => {
    const { port } = await rawReceiver((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await post(`https://127.0.0.1:${port}/`)).toMatchObject({ ...nothing, error: 'tls' });
  });

  it('fails as dns when the name does not exist', async () => {
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND'), { code: 'ENOTFOUND' });
    const agent = newAgent({ lookup: (_host, _options, callback) => callback(unknown, []) });
    expect(await post('https://hooks.example/', { agent })).toMatchObject({ ...nothing, error: 'dns' });
  });

  it('is blocked when the name or the address is private', async () => {
    const agent = newAgent({ lookup: (_host, _options, callback) => callback(null, '10.0.0.1', 4) });
    expect(await post('https://hooks.example/', { agent })).toMatchObject({ ...nothing, error: 'blocked_address' });
    expect(await post('https://10.0.0.1/', { agent })).toMatchObject({ ...nothing, error: 'blocked_address' });
  });

  it('ends at once when it is aborted, before or meanwhile', async () => {
    const abort = new AbortController();
    const receiver = await httpReceiver(() => abort.abort());
    const before = await post(receiver.url, { signal: AbortSignal.abort() });
    expect(before).toMatchObject({ ...nothing, error: 'aborted' });
    expect(receiver.connections).toBe(0);

    const meanwhile = await post(receiver.url, { signal: abort.signal });
    expect(meanwhile).toMatchObject({ ...nothing, error: 'aborted' });
    expect(meanwhile.durationMs).toBeLessThan(1_000);
  });

  it('is aborted by an agent that has been shut down', async () => {
    const { url } = await httpReceiver((response) => response.end());
    const agent = newAgent();
    await agent.close();
    expect(await post(url, { agent })).toMatchObject({ ...nothing, error: 'aborted' });
  });

  it('throws only for what cannot be a request', async () => {
    const agent = newAgent();
    const request = { headers: {}, body: Buffer.from('{}'), timeoutMs: 1_000 };
    await expect(sendWebhook(agent, { ...request, url: 'nonsense' })).rejects.toThrow('Invalid URL');
    const broken = { ...request, url: 'http://127.0.0.1:1/', headers: { 'webhook-id': 'a\nb' } };
    await expect(sendWebhook(agent, broken)).rejects.toMatchObject({ code: 'UND_ERR_INVALID_ARG' });
  });
});
