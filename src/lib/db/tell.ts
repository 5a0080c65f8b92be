import { type EventType, isByDefault } from '../domain/event-types.ts';
import { newId } from '../ids.ts';

/** The digits of a TypeID (Crockford's base 32). */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
/** An event has fewer messages than two such digits can count. */
const MAX_MESSAGES = DIGITS.length ** 2;

/** An origin is not longer; a URL may be written without one ("https:example.com"), and is then its own lane. */
const MAX_LANE = 255;

/** What an event is made of, each an SQL expression over the row of its source. What is left out is null. */
export type EventSql = {
  id: string;
  /** A message id whose last two digits count the messages of the event. */
  first_message: string;
  tenant_id: string;
  type: string;
  body: string;
  by_default: string;
  job_id?: string;
  seq?: string;
  phase?: string;
  /** An address besides the endpoints: that of a job or a batch, where it wants this type. */
  own_url?: string;
  /** Goes to this endpoint only, whatever it has asked for. */
  only_endpoint?: string;
  /** Goes to all endpoints but this one. */
  except_endpoint?: string;
};

/** Takes a value into the statement and gives its place, `$3`. */
export type Parameter = (value: unknown) => string;

/** A new event of this type: its ids and what its type says. */
export function newEvent(type: EventType, parameter: Parameter) {
  return {
    id: parameter(newId('evt')),
    first_message: parameter(newId('msg')),
    type: parameter(type),
    by_default: parameter(isByDefault(type)),
  };
}

/**
 * The CTEs `fresh`, `told` and `sent`: an event from every row of the CTE `source`, and its messages: to the tenant's
 * endpoints that are enabled and want its type, and to its own URL. Belongs into the statement of which the event
 * tells, so that neither is ever without the other.
 */
export function tell(source: string, event: EventSql): string {
  const sql = (column: keyof EventSql) => event[column] ?? 'NULL';
  return `
    fresh AS (
      SELECT ${sql('id')}::text AS id, ${sql('first_message')}::text AS first_message, ${sql('tenant_id')}::text AS tenant_id,
        ${sql('job_id')}::text AS job_id, ${sql('seq')}::int AS seq, ${sql('type')}::text AS type,
        ${sql('phase')}::text AS phase, ${sql('body')}::json AS body, ${sql('by_default')}::boolean AS by_default,
        ${sql('own_url')}::text AS own_url, ${sql('only_endpoint')}::text AS only_endpoint,
        ${sql('except_endpoint')}::text AS except_endpoint
      FROM ${source}
    ), told AS (
      INSERT INTO public.event (id, tenant_id, job_id, seq, type, phase, body)
      SELECT id, tenant_id, job_id, seq, type, phase, body FROM fresh
    ), sent AS (
      INSERT INTO public.webhook_message (id, tenant_id, event_id, endpoint_id, url, lane_key, event_type, asked)
      SELECT left(fresh.first_message, -2) || substr('${DIGITS}', target.n / ${DIGITS.length} + 1, 1)
          || substr('${DIGITS}', target.n % ${DIGITS.length} + 1, 1),
        fresh.tenant_id, fresh.id, target.endpoint_id, target.url, target.lane_key, fresh.type,
        fresh.only_endpoint IS NOT NULL
      FROM fresh CROSS JOIN LATERAL (
        SELECT addressee.*, row_number() OVER ()::int - 1 AS n FROM (
          SELECT NULL AS endpoint_id, fresh.own_url AS url,
            left(COALESCE(lower(substring(fresh.own_url FROM '^[^/]*//[^/?#]*')), fresh.own_url), ${MAX_LANE}) AS lane_key
          WHERE fresh.own_url IS NOT NULL
          UNION ALL
          SELECT endpoint.id, endpoint.url, endpoint.id FROM public.webhook_endpoint AS endpoint
          WHERE endpoint.tenant_id = fresh.tenant_id AND CASE
            WHEN fresh.only_endpoint IS NOT NULL THEN endpoint.id = fresh.only_endpoint
            ELSE endpoint.enabled AND endpoint.id IS DISTINCT FROM fresh.except_endpoint
              AND CASE cardinality(endpoint.events)
                WHEN 0 THEN fresh.by_default ELSE fresh.type = ANY (endpoint.events) END
          END
          LIMIT ${MAX_MESSAGES}
        ) AS addressee
      ) AS target
      RETURNING id
    )`;
}
