import type { Database } from '../lib/db/database.ts';
import { Problem } from '../lib/errors.ts';
import { isId } from '../lib/ids.ts';

/** A session of the tenant. Throws not_found for one that does not exist, or is another's. */
export async function findSession(db: Database, tenantId: string, id: string) {
  const row = isId(id, 'ses') ? await db.prisma.session.findFirst({ where: { id, tenant_id: tenantId } }) : null;
  if (!row) throw new Problem('not_found', 'There is no such session.');
  return row;
}

/** The session that the tenant made last, by itself or with a job; null when it has none. */
export function latestSession(db: Database, tenantId: string) {
  return db.prisma.session.findFirst({ where: { tenant_id: tenantId }, orderBy: { id: 'desc' } });
}
