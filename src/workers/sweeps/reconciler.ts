import type { Queryable } from '../../lib/db/database.ts';
import { findOverdue, type Overdue, unmarkDispatched } from '../../lib/db/dispatch.ts';
import { faultPoint } from '../../lib/fault-point.ts';
import type { Logger } from '../../lib/logger.ts';
import type { Producer } from '../../lib/queue/producer.ts';
import { createSlots } from '../../lib/slots.ts';
import { startLoop } from '../loop.ts';

/** How often forgotten jobs are looked for. In ms. */
const INTERVAL_MS = 5_000;
/** A dispatched job normally starts within milliseconds; after so long it is worth asking the queue for it. In ms. */
const GRACE_MS = 10_000;
/** Jobs looked after in one round. Every job gets its look, a round later for every so many that only wait their turn. */
const BATCH = 2_000;
/**
 * An entry that is in a worker's hands while its row has had no lease for so long is in nobody's. The queue itself
 * notices a dead worker within some 15 s; should it not, the row decides. In ms.
 */
const DEAD_ENTRY_MS = 60_000;
/** Questions to the queue at once: enough to hide its latency, few enough not to crowd out the work itself. */
const QUESTIONS_AT_ONCE = 50;

/**
 * Finds jobs that were dispatched, are due and that nobody works on, and makes those ready again whose entry the queue
 * no longer has: after a crash between commit and add, or a wiped queue.
 */
export function startReconciler(deps: { db: Queryable; producer: Producer; log: Logger; onReady(): void }) {
  let after = '';
  return startLoop({
    name: 'reconciler',
    intervalMs: INTERVAL_MS,
    log: deps.log,
    async work() {
      const overdue = await findOverdue(deps.db, { graceMs: GRACE_MS, after, limit: BATCH });
      const isMore = overdue.length === BATCH;
      after = isMore ? (overdue.at(-1)?.id ?? '') : '';
      const lost = await findLost(deps.producer, overdue);
      if (lost.length > 0) {
        const ready = await unmarkDispatched(deps.db, lost);
        faultPoint('overdue.unmarked');
        deps.log.warn({ count: ready }, 'jobs had fallen out of the queue and are ready again');
        deps.onReady();
      }
      // Where all of them only wait their turn, the queue has enough to do: the next ones can wait as well.
      return isMore && lost.length > 0;
    },
  });
}

async function findLost(producer: Producer, overdue: readonly Overdue[]): Promise<Overdue[]> {
  const lost: Overdue[] = [];
  const inSlot = createSlots(QUESTIONS_AT_ONCE);
  const ask = async (job: Overdue) => {
    const where = await producer.find(job.lane, { job_id: job.id, dispatch_no: job.dispatch_no });
    if (where === 'gone' || (where === 'active' && job.overdue_ms > DEAD_ENTRY_MS)) lost.push(job);
  };
  await Promise.all(overdue.map((job) => inSlot(() => ask(job))));
  return lost;
}
