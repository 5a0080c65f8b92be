import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expectWebhook } from './contract.ts';
import { waitFor } from './wait-for.ts';

/** A status, with headers or after something has happened. */
export type ReceiverAnswer = number | { status: number; headers?: Record<string, string>; after?: Promise<unknown> };

export type Received = { headers: IncomingHttpHeaders; body: string };

export type WebhookReceiver = {
  url: string;
  received: Received[];
  /** The next answers; afterwards 204. */
  answerWith(...answers: ReceiverAnswer[]): void;
  /** Waits until so many POSTs have come. All must be as the OpenAPI document says. */
  waitFor(count: number): Promise<Received[]>;
  close(): Promise<void>;
};

/** A client's webhook receiver on this machine. */
export async function startReceiver(): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const answers: ReceiverAnswer[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
      const next = answers.shift() ?? 204;
      const { status, headers = {}, after = Promise.resolve() } = typeof next === 'number' ? { status: next } : next;
      after.then(() => response.writeHead(status, headers).end());
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answerWith: (...next) => void answers.push(...next),
    async waitFor(count) {
      await waitFor(`${count} webhooks`, async () => received.length >= count);
      for (const { body } of received) await expectWebhook(body);
      return received;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
