import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createRawServer, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** What a receiver got: one request, its body complete. */
export type Received = { method: string; url: string; headers: IncomingMessage['headers']; body: Buffer };

/** A receiver on a free port of a loopback address, until the test is over; closing it drops every connection. */
export type Receiver = { port: number; url: string; received: Received[]; connections: number; close: () => void };

/** A receiver that speaks HTTP and answers a request once its body is complete. */
export async function httpReceiver(
  answer: (response: ServerResponse, request: IncomingMessage) => void,
  host = '127.0.0.1',
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url = '', headers } = request;
    received.push({ method, url, headers, body: Buffer.concat(chunks) });
    answer(response, request);
  });
  return listen(server, received, host);
}

/** A receiver that is handed the socket at the first bytes of a request. */
export function rawReceiver(answer: (socket: Socket) => void): Promise<Receiver> {
  const server = createRawServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => answer(socket));
  });
  return listen(server, [], '127.0.0.1');
}

async function listen(server: Server, received: Received[], host: string): Promise<Receiver> {
  const sockets = new Set<Socket>();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(close);
  const receiver: Receiver = { port, url: `http://${host}:${port}/hook`, received, connections: 0, close };
  server.on('connection', (socket) => {
    receiver.connections += 1;
    sockets.add(socket);
  });
  return receiver;
}
