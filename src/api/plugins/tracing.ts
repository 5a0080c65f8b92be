import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import plugin from 'fastify-plugin';
import { startSpan, traceparentOf } from '../../lib/trace.ts';
import { jobOfRequest } from '../job-of-request.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What follows from the request goes on from here; null where nobody traces. */
    traceparent: string | null;
  }
}

/** A span a request, below the one that the client's `traceparent` names. */
export const tracing = plugin(
  async (app) => {
    app.decorateRequest('traceparent', null);
    app.addHook('onRequest', (request, reply, done) => {
      if (request.is404) return done();
      const { method, routeOptions, headers } = request;
      const span = startSpan(`${method} ${routeOptions.url}`, {
        parent: [headers.traceparent].flat()[0] ?? null,
        kind: SpanKind.SERVER,
        attributes: { 'http.request.method': method, 'http.route': routeOptions.url, 'reelay.request_id': request.id },
      });
      request.traceparent = traceparentOf(span);
      if (!span.isRecording()) return done();
      reply.raw.once('close', () => {
        span.setAttributes({
          'http.response.status_code': reply.statusCode,
          'reelay.tenant': request.tenantId || undefined,
          'reelay.job_id': jobOfRequest(request, reply),
        });
        if (reply.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        span.end();
      });
      done();
    });
  },
  { name: 'tracing' },
);
