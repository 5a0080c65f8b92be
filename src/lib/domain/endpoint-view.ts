import { DEFAULT_EVENTS } from './event-types.ts';

/** `requested` by the tenant; `gone`: it answered 410; `failing`: for five days without a success. */
export const DISABLED_REASONS = ['requested', 'gone', 'failing'] as const;
export type DisabledReason = (typeof DISABLED_REASONS)[number];

/** An endpoint as it is stored. Field names are the column names. */
export type EndpointRecord = {
  id: string;
  tenant_id: string;
  url: string;
  description: string | null;
  events: string[];
  enabled: boolean;
  disabled_reason: DisabledReason | null;
  failing_since: Date | null;
  /** Sealed. */
  secret: string;
  created_at: Date;
};

/** The endpoint as clients see it; never with its secret. */
export function endpointView(endpoint: EndpointRecord) {
  return {
    id: endpoint.id,
    object: 'webhook_endpoint' as const,
    url: endpoint.url,
    description: endpoint.description,
    events: endpoint.events.length > 0 ? endpoint.events : [...DEFAULT_EVENTS],
    enabled: endpoint.enabled,
    disabled_reason: endpoint.disabled_reason,
    failing_since: endpoint.failing_since?.toISOString() ?? null,
    created_at: endpoint.created_at.toISOString(),
  };
}
