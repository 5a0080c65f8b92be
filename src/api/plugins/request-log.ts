import plugin from 'fastify-plugin';
import { observe } from '../../lib/metrics/process-metrics.ts';
import { traceIdOf } from '../../lib/trace.ts';
import { jobOfRequest } from '../job-of-request.ts';

/** What machines ask every few seconds: worth a line only where something is wrong. */
const PROBES = /^\/(health\/|metrics$)/;

/** The request id on every answer, one log line a request, and its place in the metrics. */
export const requestLog = plugin(
  async (app) => {
    // All its fields are named below, and none is a secret: to look for one would cost more than the rest of the line.
    const log = app.log.child({}, { redact: [] });
    app.addHook('onRequest', (request, reply, done) => {
      reply.header('x-request-id', request.id);
      done();
    });
    app.addHook('onResponse', (request, reply, done) => {
      const { method, routeOptions } = request;
      const labels = { method, route: routeOptions.url ?? 'none', status: String(reply.statusCode) };
      observe('reelay_http_request_duration_seconds', labels, reply.elapsedTime / 1_000);
      const isWell = PROBES.test(routeOptions.url ?? '') && reply.statusCode < 400;
      log[isWell ? 'debug' : 'info'](
        {
          request_id: request.id,
          trace_id: traceIdOf(request.traceparent),
          method,
          path: request.url.split('?')[0],
          status: reply.statusCode,
          duration_ms: Math.round(reply.elapsedTime),
          tenant: request.tenantId || undefined,
          key_id: request.keyId || undefined,
          job_id: jobOfRequest(request, reply),
        },
        'request',
      );
      done();
    });
  },
  { name: 'request-log' },
);
