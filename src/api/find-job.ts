import type { Database } from '../lib/db/database.ts';
import type { JobRecord } from '../lib/domain/job.ts';
import { Problem } from '../lib/errors.ts';
import { isId } from '../lib/ids.ts';

/** A job of the tenant. Throws not_found for one that does not exist, or is another's. */
export async function findJob(db: Database, tenantId: string, id: string): Promise<JobRecord> {
  const row = isId(id, 'job') ? await db.prisma.job.findFirst({ where: { id, tenant_id: tenantId } }) : null;
  if (!row) throw new Problem('not_found', 'There is no such job.');
  return row as unknown as JobRecord;
}
