import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { monotonicMs } from '../../../src/lib/clock.ts';
import { runTurn, type TurnRequest } from '../../../src/lib/nemo/turn.ts';
import { freePort } from '../../../src/local/free-port.ts';

const closing: (() => void)[] = [];

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

const frame = (text: string) => `data: ${JSON.stringify({ author: 'a', content: { parts: [{ text }] } })}\n\n`;

async function serve(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ url: string; bodies: string[] }> {
  const bodies: string[] = [];
  const server: Server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      bodies.push(body);
      answer(request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies };
}

function turn(baseUrl: string, more: Partial<TurnRequest> = {}): TurnRequest & { heard: string[] } {
  const heard: string[] = [];
  return {
    baseUrl,
    who: { token: 'nmv_usr_1', skill: { name: 'nemo-video', version: '1.9', platform: 'unknown' } },
    sessionId: '17',
    text: 'A fox 🦊',
    openBefore: monotonicMs() + 5_000,
    idleMs: 5_000,
    totalMs: 10_000,
    signal: new AbortController().signal,
    onPayload: (payload) => {
      heard.push(payload);
      return payload !== '';
    },
    heard,
    ...more,
  };
}

it('sends the documented body and headers, and hears every payload until the stream closes', async () => {
  let headers: IncomingMessage['headers'] = {};
  const { url, bodies } = await serve((request, response) => {
    headers = request.headers;
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(frame('one'));
    response.end(`: still here\n\n${frame('two')}`);
  });
  const request = turn(url);
  expect(await runTurn(request)).toEqual({ kind: 'closed' });
  expect(request.heard.map((payload) => payload.includes('one') || payload.includes('two') || payload === '')).toEqual([
    true,
    true,
    true,
  ]);
  expect(JSON.parse(bodies[0] ?? '')).toEqual({
    app_name: 'nemo_agent',
    user_id: 'me',
    session_id: '17',
    new_message: { parts: [{ text: 'A fox 🦊' }] },
  });
  expect(headers).toMatchObject({
    authorization: 'Bearer nmv_usr_1',
    accept: 'text/event-stream',
    'x-skill-source': 'nemo-video',
    'x-skill-version': '1.9',
    'x-skill-platform': 'unknown',
  });
});

it('is sent under the path of the base URL', async () => {
  let path: string | undefined;
  const { url } = await serve((request, response) => {
    path = request.url;
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(frame('one'));
  });
  expect(await runTurn(turn(`${url}/gateway/nemo`))).toEqual({ kind: 'closed' });
  expect(path).toBe('/gateway/nemo/run_sse');
});

describe('it is certain that nothing was sent', () => {
  it('when the base URL is none', async () => {
    expect(await runTurn(turn('nemovideo'))).toMatchObject({ kind: 'not_sent', cause: { message: 'Invalid URL' } });
  });

  it('when nobody listens', async () => {
    expect(await runTurn(turn(`http://127.0.0.1:${await freePort()}`))).toMatchObject({ kind: 'not_sent' });
  });

  it('when the name does not resolve', async () => {
    expect(await runTurn(turn('http://does-not-exist.invalid'))).toMatchObject({ kind: 'not_sent' });
  });

  it('when the other side does not speak TLS', async () => {
    const { url } = await serve((_request, response) => response.end());
    expect(await runTurn(turn(url.replace('http:', 'https:')))).toMatchObject({ kind: 'not_sent' });
  });

  it('when the send window has passed before the socket was open: not a byte arrives', async () => {
    let bytes = 0;
    const server = createTcpServer((socket: Socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (chunk) => {
          bytes += chunk.length;
        });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    closing.push(() => server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const ending = await runTurn(turn(url, { openBefore: monotonicMs() - 1 }));
    expect(ending).toMatchObject({ kind: 'not_sent', cause: { message: 'the send window has passed' } });
    expect(bytes).toBe(0);
  });

  it('when it was given up before a socket was open: not a byte arrives', async () => {
    const { url, bodies } = await serve((_request, response) => response.end());
    const stop = new AbortController();
    const given = runTurn(turn(url, { signal: stop.signal }));
    stop.abort();
    expect(await given).toMatchObject({ kind: 'not_sent' });
    expect(await runTurn(turn(url, { signal: stop.signal }))).toMatchObject({ kind: 'not_sent' });
    expect(await runTurn(turn(url))).toMatchObject({ kind: 'closed' });
    expect(bodies).toHaveLength(1);
  });
});

describe('a message that may have been taken', () => {
  it.each([
    [
      429,
      { 'content-type': 'application/json', 'retry-after': '7' },
      '{"code":429,"message":"slow down"}',
      { status: 429, code: 429, retryAfterMs: 7_000, message: 'slow down' },
    ],
    [200, { 'content-type': 'application/json' }, '{"code":2001}', { status: 200, code: 2001 }],
    [502, { 'content-type': 'text/html' }, '<h1>Bad gateway</h1>', { status: 502, code: null, message: '' }],
  ])('is told of an answer that is no stream (HTTP %i)', async (status, headers, body, answer) => {
    const { url } = await serve((_request, response) => response.writeHead(status, headers).end(body));
    expect(await runTurn(turn(url))).toMatchObject({ kind: 'answered', answer });
  });

  it('is told of an answer that is no stream and never ends', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(502, { 'content-type': 'text/html' });
      const talk = setInterval(() => response.write('x'.repeat(10_000)), 1);
      response.on('close', () => clearInterval(talk));
    });
    expect(await runTurn(turn(url))).toMatchObject({ kind: 'answered', answer: { status: 502, code: null } });
  });

  it('is lost when the listener fails, and hears nothing more', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(frame('one') + frame('two'));
    });
    let heard = 0;
    const onPayload = () => {
      heard += 1;
      throw new Error('cannot take it');
    };
    expect(await runTurn(turn(url, { onPayload }))).toEqual({ kind: 'lost' });
    expect(heard).toBe(1);
  });

  it('is lost when the stream is cut, with what was heard until then', async () => {
    const { url, bodies } = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame('half'), () => response.destroy());
    });
    const request = turn(url);
    expect(await runTurn(request)).toEqual({ kind: 'lost' });
    expect(request.heard).toHaveLength(1);
    expect(bodies).toHaveLength(1);
  });

  it('is lost when the connection is reset before an answer, and is not sent again', async () => {
    const { url, bodies } = await serve((request) => request.socket.resetAndDestroy());
    expect(await runTurn(turn(url))).toEqual({ kind: 'lost' });
    expect(bodies).toHaveLength(1);
  });

  it('is given up when nothing but heartbeats comes', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const beat = setInterval(() => response.write(': beat\n\n'), 10);
      response.on('close', () => clearInterval(beat));
    });
    expect(await runTurn(turn(url, { idleMs: 150 }))).toEqual({ kind: 'idle_timeout' });
  });

  it('is given up when it takes too long, however lively', async () => {
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const talk = setInterval(() => response.write(frame('and')), 10);
      response.on('close', () => clearInterval(talk));
    });
    expect(await runTurn(turn(url, { totalMs: 300 }))).toEqual({ kind: 'total_timeout' });
  });

  it('is given up when not even headers come', async () => {
    const { url } = await serve(() => undefined);
    expect(await runTurn(turn(url, { idleMs: 100 }))).toEqual({ kind: 'idle_timeout' });
  });

  it('is lost when its worker stops', async () => {
    const stop = new AbortController();
    const { url } = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame('one'), () => stop.abort());
    });
    expect(await runTurn(turn(url, { signal: stop.signal }))).toEqual({ kind: 'lost' });
  });
});
