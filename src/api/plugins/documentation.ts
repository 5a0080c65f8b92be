import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import plugin from 'fastify-plugin';
import { completeDocument } from '../openapi/complete-document.ts';
import { describeRoute } from '../openapi/describe-route.ts';
import { errorPage } from '../openapi/error-page.ts';
import { introduction } from '../openapi/introduction.ts';

/** The pages bring all that they need; nothing is loaded from elsewhere. */
const ONLY_OURS = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'self'";

/**
 * `GET /openapi.json`, from the schemas that check requests and type answers, and `/docs`, which shows it. To be
 * registered before the routes, of which it takes note.
 */
export const documentation = plugin(
  async (app) => {
    await app.register(swagger, {
      openapi: introduction,
      transform: describeRoute,
      transformObject: completeDocument,
      convertConstToEnum: false,
    });
    await app.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP: ONLY_OURS,
      uiConfig: { url: '/openapi.json', validatorUrl: null, docExpansion: 'none', defaultModelsExpandDepth: 0 },
    });
    app.get('/openapi.json', { schema: { hide: true } }, async (_request, reply) =>
      reply.header('cache-control', 'no-cache').send(app.swagger()),
    );
    const page = errorPage();
    app.get('/docs/errors', { schema: { hide: true } }, async (_request, reply) =>
      reply.type('text/html; charset=utf-8').header('content-security-policy', ONLY_OURS).send(page),
    );
  },
  { name: 'documentation' },
);
