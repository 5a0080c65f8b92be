import type { TenantEventType } from '../domain/event-types.ts';
import type { Queryable } from './database.ts';
import { newEvent, type Parameter, tell } from './tell.ts';

/** What happened to a tenant. It goes to those of its endpoints that want the type, unless said otherwise here. */
export type TenantEvent = {
  tenantId: string;
  type: TenantEventType;
  body: unknown;
  /** Goes to this address as well. */
  ownUrl?: string | null;
  /** Goes to this endpoint only, whatever it has asked for. */
  onlyEndpoint?: string;
  /** Does not go to this endpoint. */
  exceptEndpoint?: string;
};

/**
 * CTEs that write the event and its messages for each row of the CTE `source`: for the statement that does what the
 * event tells of. `sent` has the ids of the messages.
 */
export function tellTenant(source: string, event: TenantEvent, parameter: Parameter): string {
  return tell(source, {
    ...newEvent(event.type, parameter),
    tenant_id: parameter(event.tenantId),
    body: parameter(JSON.stringify(event.body)),
    own_url: parameter(event.ownUrl ?? null),
    only_endpoint: parameter(event.onlyEndpoint ?? null),
    except_endpoint: parameter(event.exceptEndpoint ?? null),
  });
}

/** Writes an event that stands alone, with its messages. @returns the ids of the messages. */
export async function writeTenantEvent(db: Queryable, event: TenantEvent): Promise<string[]> {
  const values: unknown[] = [];
  const told = tellTenant('(SELECT) AS once', event, (value) => `$${values.push(value)}`);
  const { rows } = await db.query<{ id: string }>(`WITH ${told} SELECT id FROM sent`, values);
  return rows.map(({ id }) => id);
}
