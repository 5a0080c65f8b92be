/** What is carried of a trace: which one, the span to go on from, and whether it is recorded (W3C Trace Context, 3.2). */
export type TraceParent = { traceId: string; spanId: string; traceFlags: number };

const TRACEPARENT =
  /^(?<version>(?!ff)[0-9a-f]{2})-(?<traceId>(?!0{32})[0-9a-f]{32})-(?<spanId>(?!0{16})[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<more>-.*)?$/;
/** Of the flags, the one that we know: recorded. */
const SAMPLED = 0x01;

/** A `traceparent` header; null where there is none, or none that is valid. Later versions are read as this one. */
export function parseTraceparent(header: string | null | undefined): TraceParent | null {
  const { version, traceId, spanId, flags, more } = TRACEPARENT.exec(header ?? '')?.groups ?? {};
  if (!traceId || !spanId || !flags || (version === '00' && more !== undefined)) return null;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & SAMPLED };
}

/** The `traceparent` header of what comes next. */
export function formatTraceparent({ traceId, spanId, traceFlags }: TraceParent): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
