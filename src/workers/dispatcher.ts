import type pg from 'pg';
import { type Dispatch, hasReady, markDispatched } from '../lib/db/dispatch.ts';
import { faultPoint } from '../lib/fault-point.ts';
import type { Logger } from '../lib/logger.ts';
import type { Producer } from '../lib/queue/producer.ts';
import { startSpan } from '../lib/trace.ts';
import { type Loop, startLoop } from './loop.ts';

/** How often the backlog is looked at when nobody kicks, in ms: the truth behind every kick that was missed. */
const POLL_INTERVAL_MS = 250;
/**
 * A job that has moved on may have made room for others, who had to wait longer than this. In a busy time there is a
 * round before. In ms.
 */
const ROOM_AFTER_MS = 20;
/** Jobs marked by one statement: small enough to be quick, large enough to fill the slots of a worker in seconds. */
const BATCH = 500;

export type Dispatcher = Loop & {
  /** There are new jobs: look at once. `kick` is for all else, and takes a moment. */
  hint(): void;
};

/** Hands ready jobs from Postgres to the queue: pick, mark, commit, add. Several may run at once. */
export function startDispatcher(deps: {
  db: pg.Pool;
  producer: Producer;
  tenantConcurrency: number;
  log: Logger;
}): Dispatcher {
  let hinted = false;
  let stopped = false;
  let soon: NodeJS.Timeout | null = null;
  const forgetSoon = () => {
    if (soon) clearTimeout(soon);
    soon = null;
  };
  const loop = startLoop({
    name: 'dispatcher',
    intervalMs: POLL_INTERVAL_MS,
    log: deps.log,
    async work() {
      const isSure = hinted;
      hinted = false;
      forgetSoon();
      if (!isSure && !(await hasReady(deps.db))) return false;
      const marked = await markDispatched(deps.db, { limit: BATCH, tenantConcurrency: deps.tenantConcurrency });
      if (marked.length > 0) await add(deps, marked);
      return marked.length >= BATCH;
    },
  });
  return {
    hint() {
      hinted = true;
      loop.kick();
    },
    kick() {
      if (!stopped) soon ??= setTimeout(loop.kick, ROOM_AFTER_MS);
    },
    stop() {
      stopped = true;
      forgetSoon();
      return loop.stop();
    },
  };
}

/** What the queue does not take stays marked; the reconciler finds it missing there and makes it ready again. */
async function add(deps: { producer: Producer; log: Logger }, marked: readonly Dispatch[]): Promise<void> {
  faultPoint('dispatch.marked');
  const spans = marked.map(({ id, lane, traceparent }) =>
    startSpan('dispatch', { parent: traceparent, attributes: { 'reelay.job_id': id, 'reelay.lane': lane } }),
  );
  const refused = await deps.producer.add(
    marked.map((job) => ({
      queue: job.lane,
      payload: { job_id: job.id, dispatch_no: job.dispatch_no },
      delayMs: job.delay_ms,
    })),
  );
  faultPoint('dispatch.added');
  for (const span of spans) span.end();
  if (refused.length > 0) deps.log.warn({ count: refused.length }, 'the queue did not take some jobs');
}
