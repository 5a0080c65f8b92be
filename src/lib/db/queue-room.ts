import { monotonicMs } from '../clock.ts';
import { Problem } from '../errors.ts';
import type { Queryable } from './database.ts';

/** How long a count is built upon, at least: what other processes have taken meanwhile is not in it. In ms. */
const FRESH_MS = 250;
/** And so many times as long as it took: a backlog of 100,000 must not be counted without a pause. */
const FRESH_TIMES = 20;
/** A full queue has room again as soon as jobs start. In s. */
const RETRY_S = 5;

export type QueueRoom = {
  /**
   * Stores so many more jobs of a tenant by `store`, and holds their room meanwhile. Throws queue_full where there is
   * not so much, and what `store` throws.
   */
  within<T>(tenantId: string, jobs: number, store: () => Promise<T>): Promise<T>;
};

/** What is known of a tenant's jobs: as counted, stored since the count began, and being stored. */
type Known = { counted: number; stored: number; held: number; freshUntilMs: number; counting: Promise<void> | null };

/** Keeps each tenant to `max` jobs that have not started. Counts at most four times a second and tenant, not per job. */
export function createQueueRoom(db: Queryable, max: number): QueueRoom {
  const tenants = new Map<string, Known>();

  const knownOf = (tenantId: string): Known => {
    const known = tenants.get(tenantId) ?? { counted: 0, stored: 0, held: 0, freshUntilMs: 0, counting: null };
    tenants.set(tenantId, known);
    return known;
  };
  /** What is being stored meanwhile may be in the count and is held besides: for a moment too many, never too few. */
  const count = async (tenantId: string, known: Known): Promise<void> => {
    const startMs = monotonicMs();
    const { stored } = known;
    known.counted = await countUnstarted(db, tenantId, max);
    known.stored -= stored;
    const nowMs = monotonicMs();
    known.freshUntilMs = nowMs + Math.max(FRESH_MS, FRESH_TIMES * (nowMs - startMs));
  };

  return {
    async within(tenantId, jobs, store) {
      const known = knownOf(tenantId);
      if (monotonicMs() >= known.freshUntilMs) {
        known.counting ??= count(tenantId, known).finally(() => {
          known.counting = null;
        });
        await known.counting;
      }
      if (known.counted + known.stored + known.held + jobs > max) {
        throw new Problem('queue_full', `At most ${max} jobs may wait to be started.`, { retryAfterS: RETRY_S });
      }
      known.held += jobs;
      try {
        const made = await store();
        known.stored += jobs;
        return made;
      } finally {
        known.held -= jobs;
      }
    },
  };
}

async function countUnstarted(db: Queryable, tenantId: string, max: number): Promise<number> {
  const { rows } = await db.query<{ jobs: number }>({
    name: 'count_unstarted',
    text: `SELECT count(*)::int AS jobs FROM (
        SELECT 1 FROM public.job WHERE tenant_id = $1 AND started_at IS NULL AND finished_at IS NULL LIMIT $2
      ) AS unstarted`,
    values: [tenantId, max],
  });
  return rows[0]?.jobs ?? 0;
}
