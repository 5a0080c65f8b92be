import type pg from 'pg';
import { transaction } from '../db/database.ts';
import { claimKey, type RequestKey } from '../db/idempotency-keys.ts';
import type { EndpointRecord } from '../domain/endpoint-view.ts';

/** Makes a webhook endpoint; `secret` is sealed. Throws KeyTaken. */
export function createEndpoint(
  pool: pg.Pool,
  endpoint: {
    id: string;
    tenantId: string;
    url: string;
    events: readonly string[];
    description: string | null;
    secret: string;
  },
  key: RequestKey | null,
): Promise<EndpointRecord> {
  const { id, tenantId, url, events, description, secret } = endpoint;
  return transaction(pool, async (client) => {
    await claimKey(client, key, [id]);
    const { rows } = await client.query<EndpointRecord>(
      `INSERT INTO public.webhook_endpoint (id, tenant_id, url, events, description, secret)
       VALUES ($1, $2, $3, $4, $5, $6) RETURNING *`,
      [id, tenantId, url, events, description, secret],
    );
    if (!rows[0]) throw new Error('the insert of an endpoint returned no row');
    return rows[0];
  });
}
