import type { Database } from '../lib/db/database.ts';
import { isTerminal, type JobRecord } from '../lib/domain/job.ts';
import { Problem } from '../lib/errors.ts';
import { isId, lowestIdAt } from '../lib/ids.ts';
import type { ListJobs } from './schemas/jobs.ts';
import { pageOf } from './schemas/list.ts';

/** How far the clocks of API and database may be apart, for the ids to bound the times of creation. In ms. */
const CLOCKS_APART_MS = 300_000;

/** A job of the tenant. Throws not_found for one that does not exist, or is another's. */
export async function findJob(db: Database, tenantId: string, id: string): Promise<JobRecord> {
  const row = isId(id, 'job') ? await db.prisma.job.findFirst({ where: { id, tenant_id: tenantId } }) : null;
  if (!row) throw new Problem('not_found', 'There is no such job.');
  return row as unknown as JobRecord;
}

/** One page of the tenant's jobs, and one more where there is another page. */
export async function findJobs(db: Database, tenantId: string, query: ListJobs): Promise<JobRecord[]> {
  const { type, session_id, batch_id, skill } = query;
  const named = Object.fromEntries(
    Object.entries({ type, session_id, batch_id, skill }).filter(([, value]) => value !== undefined),
  );
  const page = pageOf(query);
  const rows = await db.prisma.job.findMany({
    ...page,
    where: { tenant_id: tenantId, ...named, AND: [page.where, shownAs(query.status), createdWithin(query)] },
  });
  return rows as unknown as JobRecord[];
}

/** The rows that show a status, as the indices of open and of ended jobs have them. */
function shownAs(status: ListJobs['status']) {
  if (status === undefined) return {};
  if (status === 'canceling') return { finished_at: null, cancel_requested_at: { not: null } };
  return isTerminal(status)
    ? { status, finished_at: { not: null } }
    : { status, finished_at: null, cancel_requested_at: null };
}

/** Ids sort by the time of creation: with them, only a part of the jobs is looked at. */
function createdWithin({ created_after: after, created_before: before }: ListJobs) {
  return {
    AND: [
      after ? { created_at: { gt: after }, id: { gte: lowestIdAt('job', shifted(after, -CLOCKS_APART_MS)) } } : {},
      before ? { created_at: { lt: before }, id: { lte: lowestIdAt('job', shifted(before, CLOCKS_APART_MS)) } } : {},
    ],
  };
}

function shifted(at: Date, byMs: number): Date {
  return new Date(at.getTime() + byMs);
}
