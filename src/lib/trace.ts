import {
  type Attributes,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  type SpanKind,
  type TimeInput,
  trace,
} from '@opentelemetry/api';
import { formatTraceparent, parseTraceparent } from './domain/traceparent.ts';
import { VERSION } from './version.ts';

/**
 * Begins a span below `parent`, a `traceparent`; without one, a trace of its own. Where nobody traces (start-tracing.ts),
 * it records nothing and only hands the parent on. Never put what a client wrote or a secret into `attributes`.
 */
export function startSpan(
  name: string,
  { parent, ...options }: { parent: string | null; kind?: SpanKind; attributes?: Attributes; startTime?: TimeInput },
): Span {
  const above = parseTraceparent(parent);
  const context = above ? trace.setSpanContext(ROOT_CONTEXT, { ...above, isRemote: true }) : ROOT_CONTEXT;
  return trace.getTracer('reelay', VERSION).startSpan(name, options, context);
}

/** The `traceparent` of what follows from a span; null where there is no trace. */
export function traceparentOf(span: Span): string | null {
  const context = span.spanContext();
  return isSpanContextValid(context) ? formatTraceparent(context) : null;
}

/** The id under which a trace is found, for logs. */
export function traceIdOf(traceparent: string | null | undefined): string | undefined {
  return parseTraceparent(traceparent)?.traceId;
}
