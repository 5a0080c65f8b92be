import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { newId } from '../lib/ids.ts';
import { acceptOddRequests, answerBadAddress, answerBrokenRequest } from './broken-requests.ts';
import type { ApiDeps } from './deps.ts';
import { administration } from './plugins/administration.ts';
import { authentication } from './plugins/authentication.ts';
import { documentation } from './plugins/documentation.ts';
import { jsonBody } from './plugins/json-body.ts';
import { missingRoutes } from './plugins/missing-routes.ts';
import { problems } from './plugins/problems.ts';
import { requestLog } from './plugins/request-log.ts';
import { tracing } from './plugins/tracing.ts';
import { validation } from './plugins/validation.ts';
import { accountRoutes } from './routes/account.ts';
import { apiKeyRoutes } from './routes/api-keys.ts';
import { assetRoutes } from './routes/assets.ts';
import { batchRoutes } from './routes/batches.ts';
import { boardRoutes } from './routes/board.ts';
import { creditRoutes } from './routes/credits.ts';
import { eventRoutes } from './routes/events.ts';
import { healthRoutes } from './routes/health.ts';
import { jobActionRoutes } from './routes/job-actions.ts';
import { jobEventRoutes } from './routes/job-events.ts';
import { jobOutputRoutes } from './routes/job-output.ts';
import { jobRoutes } from './routes/jobs.ts';
import { messageRoutes } from './routes/messages.ts';
import { metricsRoutes } from './routes/metrics.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { skillRoutes } from './routes/skills.ts';
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts';
import { webhookMessageRoutes } from './routes/webhook-messages.ts';
import { webhookSecretRoutes } from './routes/webhook-secret.ts';
import { watchUnused } from './unused-connections.ts';

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
/** Clients that wait hold a connection each; what comes on top is closed at once, so that the process keeps its memory. */
const MAX_CONNECTIONS = 20_000;

/** The API as a value: it neither listens nor reads the environment. */
export function buildApp(deps: ApiDeps): FastifyInstance {
  const app = Fastify({
    loggerInstance: deps.log as FastifyBaseLogger,
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
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: answerBadAddress(deps.rateLimit),
    // It would answer without a problem document (plugins/problems.ts).
    return503OnClosing: false,
    // A client that keeps its connection open must not keep the process from stopping.
    forceCloseConnections: 'idle',
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  const closeUnused = watchUnused(app.server);
  // Clients that wait would hold up the end of the process.
  app.addHook('preClose', async () => deps.watcher.stop());
  app.addHook('preClose', async () => closeUnused());
  acceptOddRequests(app.server);
  app.register(requestLog);
  // Every answer says what is left; to those with a key, authentication says it anew.
  app.addHook('onRequest', async (request, reply) => deps.rateLimit.spend(reply, `address ${request.ip}`, 0));
  app.register(problems);
  app.register(missingRoutes);
  app.register(jsonBody);
  app.register(validation);
  app.register(documentation);
  app.register(healthRoutes, deps);
  app.register(metricsRoutes, deps);
  app.register(
    async (v1) => {
      v1.setNotFoundHandler(v1.answerMissing);
      await v1.register(tracing);
      await v1.register(authentication, deps);
      await v1.register(assetRoutes, deps);
      await v1.register(jobRoutes, deps);
      await v1.register(jobActionRoutes, deps);
      await v1.register(batchRoutes, deps);
      await v1.register(jobEventRoutes, deps);
      await v1.register(jobOutputRoutes, deps);
      await v1.register(messageRoutes, deps);
      await v1.register(sessionRoutes, deps);
      await v1.register(creditRoutes, deps);
      await v1.register(accountRoutes, deps);
      await v1.register(skillRoutes, deps);
      await v1.register(webhookEndpointRoutes, deps);
      await v1.register(webhookMessageRoutes, deps);
      await v1.register(webhookSecretRoutes, deps);
      await v1.register(eventRoutes, deps);
    },
    { prefix: '/v1' },
  );
  const { adminToken, rateLimit, queue } = deps;
  if (adminToken !== undefined) {
    app.register(
      async (admin) => {
        await admin.register(administration, { adminToken, rateLimit });
        await admin.register(apiKeyRoutes, deps);
      },
      { prefix: '/v1/admin' },
    );
    app.register(boardRoutes, { adminToken, rateLimit, queue, prefix: '/admin/queues' });
  }
  return app;
}
