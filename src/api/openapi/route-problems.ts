import type { RouteOptions } from 'fastify';
import { PROBLEMS, type ProblemCode } from '../../lib/errors.ts';

/** What every route can be answered with. */
const ALWAYS: readonly ProblemCode[] = ['internal_error', 'unavailable'];
/** Only those that know their callers. */
const WITH_KEY: readonly ProblemCode[] = ['unauthorized', 'rate_limited'];
/** A body is read before the route is asked, whether it wants one or not. */
const WITH_BODY: readonly ProblemCode[] = [
  'invalid_json',
  'bad_request',
  'payload_too_large',
  'unsupported_media_type',
  'validation_failed',
];
const ONCE: readonly ProblemCode[] = ['idempotency_in_flight', 'idempotency_key_reused', 'validation_failed'];

/** The problems of a route, by status: what its kind has, and what it says itself. */
export function routeProblems(
  route: Pick<RouteOptions, 'url' | 'method' | 'schema' | 'config'>,
): Map<number, ProblemCode[]> {
  const { url, schema, config } = route;
  const reads = [route.method].flat().every((method) => method === 'GET' || method === 'HEAD');
  const codes = new Set<ProblemCode>([
    ...(url.startsWith('/v1/') ? WITH_KEY : []),
    ...(url.includes('/:') ? (['not_found'] as const) : []),
    ...(reads ? [] : WITH_BODY),
    ...(schema?.querystring ? (['validation_failed'] as const) : []),
    ...(config?.takes?.includes('idempotency-key') ? ONCE : []),
    ...(config?.problems ?? []),
    ...ALWAYS,
  ]);
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of codes) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return byStatus;
}
