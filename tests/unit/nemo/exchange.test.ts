import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Agent } from 'undici';
import { expect, it, onTestFinished, vi } from 'vitest';
import { exchange } from '../../../src/lib/nemo/exchange.ts';

/** A server for this test alone, and calls to it over one connection. */
async function serve(answer: RequestListener) {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const agent = new Agent({ connections: 1 });
  onTestFinished(async () => {
    await agent.destroy();
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    call: (path: string, signal?: AbortSignal) => exchange(agent, { origin, path, method: 'GET' }, signal),
  };
}

it('gives status, headers and text, however the answer comes in pieces', async () => {
  const bytes = Buffer.from('\uFEFFein Bär – 一只熊');
  const { call } = await serve((request, response) => {
    response.writeHead(418, { 'x-path': request.url });
    for (const byte of bytes) response.write(Buffer.of(byte));
    response.end();
  });
  const { status, headers, text } = await call('/kettle?size=1');
  expect([status, headers['x-path'], text]).toEqual([418, '/kettle?size=1', 'ein Bär – 一只熊']);
});

it('an answer without a body is an empty text', async () => {
  const { call } = await serve((_, response) => response.writeHead(204).end());
  expect(await call('/')).toMatchObject({ status: 204, text: '' });
});

it('one that announces another is not the answer', async () => {
  const { call } = await serve((_, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' });
    response.end('here');
  });
  expect(await call('/')).toMatchObject({ status: 200, text: 'here' });
});

it('a call is given up when the signal fires, with its reason; the next one has a connection', async () => {
  const { call } = await serve((request, response) => void (request.url === '/slow' || response.end('quick')));
  const giving = new AbortController();
  const slow = call('/slow', giving.signal);
  setImmediate(() => giving.abort('shutdown'));
  await expect(slow).rejects.toBe('shutdown');
  expect((await call('/')).text).toBe('quick');
  await expect(call('/', giving.signal)).rejects.toBe('shutdown');
});

it('one that waits for a connection when it is given up is not sent later', async () => {
  const asked: string[] = [];
  let release: () => void = () => undefined;
  const { call } = await serve((request, response) => {
    asked.push(request.url ?? '');
    release = () => response.end('done');
  });
  const first = call('/first');
  await vi.waitFor(() => expect(asked).toEqual(['/first']));
  const giving = new AbortController();
  const second = call('/second', giving.signal);
  giving.abort(new Error('canceled'));
  await expect(second).rejects.toThrow('canceled');
  release();
  await first;
  const third = call('/third');
  await vi.waitFor(() => expect(asked).toEqual(['/first', '/third']));
  release();
  expect((await third).text).toBe('done');
});

it('an answer that breaks off is an error', async () => {
  const { call } = await serve((_, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  });
  await expect(call('/')).rejects.toThrow();
});
