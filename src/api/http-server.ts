import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { newId } from '../lib/ids.ts';
import { answerBadAddress, answerBrokenRequest } from './broken-requests.ts';
import type { ApiDeps } from './deps.ts';

/** A client's own request id: visible ASCII, short enough for logs and headers. */
const REQUEST_ID = /^[\x21-\x7e]{1,128}$/;

/** A body of JSON: far more than the largest job takes. A route that takes more says so itself. In bytes. */
const MAX_BODY_BYTES = 1_048_576;
/** All headers of a request with its address, as Node has it by default. In bytes. */
const MAX_HEADER_BYTES = 16_384;
/** Whoever takes longer for its headers alone is not a client. In ms. */
const HEADERS_TIMEOUT_MS = 20_000;
/**
 * A request must have arrived whole after this, so that nobody holds a connection for ever by sending a byte now and then:
 * long enough for twenty files of MAX_UPLOAD_BYTES over 25 Mbit/s. In ms.
 */
const REQUEST_TIMEOUT_MS = 60 * 60_000;
/** A connection on which nothing moves is dropped: longer than the longest wait that a client may ask for (60 s). In ms. */
const SILENCE_MS = 90_000;
/** Longer than proxies keep an idle connection (60 s, mostly): they close it, and never send into one that we close. In ms. */
const KEEP_ALIVE_MS = 72_000;
/** The same once the process stops: a client that asks again meanwhile is told so; who does not, holds nothing up. In ms. */
const STOPPING_KEEP_ALIVE_MS = 1_000;
/** Clients that wait hold a connection each; what comes on top is closed at once, so that the process keeps its memory. */
const MAX_CONNECTIONS = 20_000;

/** The HTTP server of the API: what it takes of a request and how long it waits for one, before anybody looks into it. */
export function createHttpServer({ log, rateLimit }: Pick<ApiDeps, 'log' | 'rateLimit'>): FastifyInstance {
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    // One line a request, of our own (plugins/request-log.ts).
    logController: new LogController({ disableRequestLogging: true }),
    // Lines say whose they are themselves: a logger a request is not needed.
    childLoggerFactory: (logger) => logger,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : newId('req');
    },
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: SILENCE_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Node would refuse a request without a host itself, and without a word (plugins/problems.ts).
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS, requireHostHeader: false },
    clientErrorHandler: answerBrokenRequest(rateLimit),
    frameworkErrors: answerBadAddress(rateLimit),
    // It would answer without a problem document (plugins/problems.ts).
    return503OnClosing: false,
    // A client that keeps its connection open must not keep the process from stopping.
    forceCloseConnections: 'idle',
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  const closeUnused = watchUnused(app.server);
  app.addHook('preClose', async () => {
    closeUnused();
    // Of connections that are busy now; the idle ones are closed at once.
    app.server.keepAliveTimeout = STOPPING_KEEP_ALIVE_MS;
  });
  acceptOddRequests(app.server);
  return app;
}

/** Node answers an unknown `Expect` itself, without a word; it may as well be ignored (RFC 9110, 10.1.1). */
function acceptOddRequests(server: Server): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

/**
 * Knows the connections on which nothing has come yet, as proxies and browsers open them in advance. Node takes them for
 * busy and would wait for them when the server closes. @returns what closes them.
 */
function watchUnused(server: Server): () => void {
  const open = new Set<Socket>();
  server.on('connection', (socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => {
    for (const socket of open) if (socket.bytesRead === 0) socket.destroy();
  };
}
