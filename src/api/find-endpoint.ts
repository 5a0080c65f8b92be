import type { Database } from '../lib/db/database.ts';
import type { EndpointRecord } from '../lib/domain/endpoint-view.ts';
import { Problem } from '../lib/errors.ts';
import { isId } from '../lib/ids.ts';

/** A webhook endpoint of the tenant. Throws not_found for one that does not exist, or is another's. */
export async function findEndpoint(db: Database, tenantId: string, id: string): Promise<EndpointRecord> {
  const where = { id, tenant_id: tenantId };
  const row = isId(id, 'whe') ? await db.prisma.webhook_endpoint.findFirst({ where }) : null;
  return foundEndpoint(row) as EndpointRecord;
}

/** What a statement has found of an endpoint. Throws not_found where that is nothing. */
export function foundEndpoint<Found>(found: Found | null | false): Found {
  if (!found) throw new Problem('not_found', 'There is no such webhook endpoint.');
  return found;
}
