import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import type { AttemptRecord } from '../../lib/db/webhook-attempts.ts';
import type { DueMessage } from '../../lib/db/webhook-claims.ts';
import { startSpan } from '../../lib/trace.ts';

/** The span of one POST of a message, in the trace of its job. */
export function startAttempt(message: DueMessage): Span {
  return startSpan('webhook attempt', {
    parent: message.traceparent,
    kind: SpanKind.CLIENT,
    attributes: {
      'reelay.job_id': message.job_id ?? undefined,
      'reelay.tenant': message.tenant_id,
      'reelay.message_id': message.id,
      'reelay.event_type': message.event_type,
      'reelay.attempt': message.attempts,
    },
  });
}

export function endAttempt(
  span: Span,
  { statusCode, error }: { statusCode: number | null; error: string | null },
  status: AttemptRecord['status'],
): void {
  span.setAttributes({ 'reelay.outcome': status, 'http.response.status_code': statusCode ?? undefined });
  if (error !== null) span.setStatus({ code: SpanStatusCode.ERROR, message: error });
  span.end();
}
