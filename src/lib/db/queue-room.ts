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
  /** Takes room for so many more jobs of a tenant. Throws queue_full when there is not so much. */
  take(tenantId: string, jobs: number): Promise<void>;
};

/** Keeps each tenant to `max` jobs that have not started. Counts at most four times a second and tenant, not per job. */
export function createQueueRoom(db: Queryable, max: number): QueueRoom {
  const counts = new Map<string, { jobs: number; freshUntilMs: number }>();
  const counting = new Map<string, Promise<void>>();

  const count = async (tenantId: string): Promise<void> => {
    const startMs = monotonicMs();
    const jobs = await countUnstarted(db, tenantId, max);
    const nowMs = monotonicMs();
    counts.set(tenantId, { jobs, freshUntilMs: nowMs + Math.max(FRESH_MS, FRESH_TIMES * (nowMs - startMs)) });
  };
  const isFresh = (tenantId: string) => monotonicMs() < (counts.get(tenantId)?.freshUntilMs ?? 0);

  return {
    async take(tenantId, jobs) {
      if (!isFresh(tenantId)) {
        const underWay = counting.get(tenantId) ?? count(tenantId).finally(() => counting.delete(tenantId));
        counting.set(tenantId, underWay);
        await underWay;
      }
      const known = counts.get(tenantId);
      if (!known || known.jobs + jobs > max) {
        throw new Problem('queue_full', `At most ${max} jobs may wait to be started.`, { retryAfterS: RETRY_S });
      }
      known.jobs += jobs;
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
