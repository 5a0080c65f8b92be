import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bearerToken } from '../lib/bearer-token.ts';
import { isSameSecret } from '../lib/crypto.ts';
import { PROBLEMS, Problem, problemBody } from '../lib/errors.ts';
import { METRICS_TYPE, processMetrics } from '../lib/metrics/process-metrics.ts';
import { notReady } from '../lib/readiness.ts';

/** Whoever probes or scrapes says what it wants at once. In ms. */
const REQUEST_TIMEOUT_MS = 5_000;

export type OperatorServer = { url: string; stop(): Promise<void> };

/**
 * Answers for a worker: `/health/live`, `/health/ready` and `/metrics`, as the API does for itself. Nothing else: the
 * work comes from the database. Throws when the port is taken.
 */
export async function startOperatorServer(options: {
  port: number;
  host: string;
  adminToken: string | undefined;
  missing(): Promise<string[]>;
}): Promise<OperatorServer> {
  const routes: Record<string, (request: IncomingMessage) => Promise<Answer>> = {
    '/health/live': async () => ({ status: 200, type: 'application/json', body: '{"status":"ok"}' }),
    async '/health/ready'() {
      const names = await options.missing();
      if (names.length > 0) throw notReady(names);
      return { status: 200, type: 'application/json', body: '{"status":"ok"}' };
    },
    async '/metrics'({ headers }) {
      const { adminToken } = options;
      if (adminToken !== undefined && !isSameSecret(bearerToken(headers.authorization) ?? '', adminToken))
        throw new Problem('unauthorized', 'Send the ADMIN_TOKEN as `Authorization: Bearer <token>`.');
      return { status: 200, type: METRICS_TYPE, body: await processMetrics() };
    },
  };
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, async (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const route = request.method === 'GET' || request.method === 'HEAD' ? routes[path] : undefined;
    // Nothing that goes wrong here may end the process, which holds conversations.
    const asked = route ? route(request) : Promise.reject(new Problem('not_found', `${path} does not exist.`));
    const answer = await asked.catch((error) => refusal(error, path));
    send(response, answer, request.method !== 'HEAD');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host, resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

type Answer = { status: number; type: string; body: string; headers?: Record<string, string> };

/** RFC 9457, as the API has it. */
function refusal(error: unknown, instance: string): Answer {
  const { code, message, retryAfterS } =
    error instanceof Problem ? error : new Problem('internal_error', 'The question could not be answered.');
  return {
    status: PROBLEMS[code].status,
    type: 'application/problem+json',
    body: JSON.stringify({ ...problemBody(code, message), instance }),
    headers: {
      ...(retryAfterS === null ? {} : { 'retry-after': String(retryAfterS) }),
      ...(code === 'unauthorized' ? { 'www-authenticate': 'Bearer' } : {}),
    },
  };
}

function send(response: ServerResponse, { status, type, body, headers }: Answer, withBody: boolean): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body), ...headers });
  response.end(withBody ? body : undefined);
}
