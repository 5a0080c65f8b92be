import type { FastifyInstance } from 'fastify';
import type { ApiDeps } from './deps.ts';
import { createHttpServer } from './http-server.ts';
import { administration } from './plugins/administration.ts';
import { authentication } from './plugins/authentication.ts';
import { documentation } from './plugins/documentation.ts';
import { jsonBody } from './plugins/json-body.ts';
import { missingRoutes } from './plugins/missing-routes.ts';
import { problems } from './plugins/problems.ts';
import { requestLog } from './plugins/request-log.ts';
import { tracing } from './plugins/tracing.ts';
import { validation } from './plugins/validation.ts';
import { addressOf } from './rate-limit.ts';
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
import { webhookEndpointActionRoutes } from './routes/webhook-endpoint-actions.ts';
import { webhookEndpointRoutes } from './routes/webhook-endpoints.ts';
import { webhookMessageRoutes } from './routes/webhook-messages.ts';
import { webhookSecretRoutes } from './routes/webhook-secret.ts';

/** What a tenant can do, below /v1. */
const TENANT_ROUTES = [
  assetRoutes,
  jobRoutes,
  jobActionRoutes,
  batchRoutes,
  jobEventRoutes,
  jobOutputRoutes,
  messageRoutes,
  sessionRoutes,
  creditRoutes,
  accountRoutes,
  skillRoutes,
  webhookEndpointRoutes,
  webhookEndpointActionRoutes,
  webhookMessageRoutes,
  webhookSecretRoutes,
  eventRoutes,
];

/** The API as a value: it neither listens nor reads the environment. */
export function buildApp(deps: ApiDeps): FastifyInstance {
  const app = createHttpServer(deps);
  // Clients that wait would hold up the end of the process.
  app.addHook('preClose', async () => deps.watcher.stop());
  app.register(requestLog);
  // Every answer says what is left; to those with a key, authentication says it anew.
  app.addHook('onRequest', (request, reply, done) => {
    deps.rateLimit.spend(reply, addressOf(request), 0);
    done();
  });
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
      for (const routes of TENANT_ROUTES) await v1.register(routes, deps);
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
