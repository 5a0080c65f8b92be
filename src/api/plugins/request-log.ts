import plugin from 'fastify-plugin';

/** The request id on every answer, and one log line a request. */
export const requestLog = plugin(
  async (app) => {
    app.addHook('onRequest', async (request, reply) => {
      reply.header('x-request-id', request.id);
    });
    app.addHook('onResponse', async (request, reply) => {
      request.log.info(
        {
          request_id: request.id,
          method: request.method,
          path: request.url.split('?')[0],
          status: reply.statusCode,
          duration_ms: Math.round(reply.elapsedTime),
          tenant: request.tenantId || undefined,
        },
        'request',
      );
    });
  },
  { name: 'request-log' },
);
