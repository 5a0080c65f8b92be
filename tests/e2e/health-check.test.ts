import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePort } from '../../src/local/free-port.ts';

/** Lives as long as nothing is asked of it but that. */
const server = createServer((request, response) => {
  response.writeHead(request.url === '/health/live' ? 200 : 503).end();
});
const broken = createServer((_request, response) => response.writeHead(500).end());
let nobody: number;

beforeAll(async () => {
  for (const one of [server, broken]) await once(one.listen(0, '127.0.0.1'), 'listening');
  nobody = await freePort();
});
afterAll(() => {
  for (const one of [server, broken]) one.close();
});

async function check(api: number, worker: number): Promise<number> {
  const env = { PORT: String(api), METRICS_PORT: String(worker) };
  const [code] = await once(spawn(process.execPath, ['dist/health-check.js'], { env }), 'exit');
  return code;
}

it('a container is healthy when its process answers on one of its ports, be it API or worker', async () => {
  const [alive, sick] = [server, broken].map((one) => (one.address() as AddressInfo).port) as [number, number];
  const codes = await Promise.all([
    check(alive, nobody),
    check(nobody, alive),
    check(sick, nobody),
    check(nobody, nobody),
  ]);
  expect(codes).toEqual([0, 0, 1, 1]);
});
