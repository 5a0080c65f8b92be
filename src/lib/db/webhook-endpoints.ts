import { type EndpointRecord, endpointView } from '../domain/endpoint-view.ts';
import type { Queryable } from './database.ts';
import { tellTenant } from './tenant-events.ts';

export type EndpointPatch = {
  url?: string | undefined;
  description?: string | null | undefined;
  events?: string[] | undefined;
  enabled?: boolean | undefined;
};

/** How long the secret before a rotation signs as well (Standard Webhooks 1.0; the REST contract). */
const ROTATION_SQL = "interval '24 hours'";

/** Ends the waiting messages of endpoint $1, where the CTE `ending` has a row. */
const END_MESSAGES = `ended AS (
  UPDATE public.webhook_message SET status = 'failed'
  WHERE lane_key = $1 AND status = 'pending' AND EXISTS (SELECT FROM ending)
)`;

/** Changes an endpoint of the tenant. Enabled again, or at another address, it begins without failures. */
export async function updateEndpoint(
  db: Queryable,
  tenantId: string,
  id: string,
  patch: EndpointPatch,
): Promise<EndpointRecord | null> {
  const values: unknown[] = [id, tenantId];
  const sets = Object.entries(patch)
    .filter(([, value]) => value !== undefined)
    .map(([column, value]) => `${column} = $${values.push(value)}`);
  if (patch.enabled !== undefined) {
    sets.push(`disabled_reason = ${patch.enabled ? 'NULL' : "COALESCE(disabled_reason, 'requested')"}`);
  }
  if (patch.enabled === true || patch.url !== undefined) sets.push('failing_since = NULL');
  if (sets.length === 0) sets.push('id = id');
  const { rows } = await db.query<EndpointRecord>(
    `WITH changed AS (
       UPDATE public.webhook_endpoint SET ${sets.join(', ')} WHERE id = $1 AND tenant_id = $2 RETURNING *
     ), ending AS (
       SELECT FROM changed WHERE ${patch.enabled === false}
     ), ${END_MESSAGES}
     SELECT * FROM changed`,
    values,
  );
  return rows[0] ?? null;
}

/** Deletes an endpoint of the tenant and ends its waiting messages. @returns whether there was one. */
export async function deleteEndpoint(db: Queryable, tenantId: string, id: string): Promise<boolean> {
  const { rowCount } = await db.query(
    `WITH ending AS (
       DELETE FROM public.webhook_endpoint WHERE id = $1 AND tenant_id = $2 RETURNING id
     ), ${END_MESSAGES}
     SELECT FROM ending`,
    [id, tenantId],
  );
  return rowCount === 1;
}

/** Failures and no success for so long disable an endpoint (the REST contract, "Webhooks"). In ms. */
const DISABLE_AFTER_MS = 5 * 86_400_000;
/** Whether an endpoint has failed for too long. */
export const FAILS_TOO_LONG = `failing_since <= now() - ${DISABLE_AFTER_MS} * interval '1 ms'`;

/** Why we disable an endpoint: what was at this address wants no more, or nothing was taken for too long. */
export type Unreachable = { reason: 'gone'; url: string } | { reason: 'failing' };

/**
 * Disables an endpoint that cannot be reached, if that is still so: it may have got another address meanwhile. Its
 * waiting messages end, and the tenant's other endpoints are told.
 */
export async function disableEndpoint(db: Queryable, id: string, why: Unreachable): Promise<void> {
  const { rows } = await db.query<EndpointRecord>('SELECT * FROM public.webhook_endpoint WHERE id = $1', [id]);
  const endpoint = rows[0];
  if (!endpoint) return;
  const values: unknown[] = [id, why.reason];
  const told = tellTenant(
    'ending',
    {
      tenantId: endpoint.tenant_id,
      type: 'endpoint.disabled',
      body: endpointView({ ...endpoint, enabled: false, disabled_reason: why.reason }),
      exceptEndpoint: id,
    },
    (value) => `$${values.push(value)}`,
  );
  const isStillSo = why.reason === 'gone' ? `url = $${values.push(why.url)}` : FAILS_TOO_LONG;
  await db.query(
    `WITH ending AS (
       UPDATE public.webhook_endpoint SET enabled = false, disabled_reason = $2
       WHERE id = $1 AND enabled AND ${isStillSo} RETURNING id
     ), ${END_MESSAGES}, ${told}
     SELECT FROM ending`,
    values,
  );
}

/** Gives an endpoint of the tenant a new sealed secret; the one before signs as well for 24 hours. */
export async function rotateEndpointSecret(
  db: Queryable,
  tenantId: string,
  id: string,
  sealed: string,
): Promise<EndpointRecord | null> {
  const { rows } = await db.query<EndpointRecord>(
    `UPDATE public.webhook_endpoint
     SET secret = $3, previous_secret = secret, previous_secret_until = now() + ${ROTATION_SQL}
     WHERE id = $1 AND tenant_id = $2 RETURNING *`,
    [id, tenantId, sealed],
  );
  return rows[0] ?? null;
}

/** Gives the tenant a new sealed secret for the webhooks of its jobs; the one before signs as well for 24 hours. */
export async function rotateTenantSecret(db: Queryable, tenantId: string, sealed: string): Promise<void> {
  await db.query(
    `UPDATE public.tenant SET webhook_secret = $2, previous_webhook_secret = webhook_secret,
       previous_webhook_secret_until = now() + ${ROTATION_SQL} WHERE id = $1`,
    [tenantId, sealed],
  );
}
