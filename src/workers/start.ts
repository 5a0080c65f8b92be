import type { Config } from '../lib/config.ts';
import { listenForJobs } from '../lib/db/wake.ts';
import type { Logger } from '../lib/logger.ts';
import { QUEUE_WORKERS } from '../lib/pool-sizes.ts';
import { openQueueBackend, type QueueBackend } from '../lib/queue/backend.ts';
import { openProducer, type Producer } from '../lib/queue/producer.ts';
import { createReadiness } from '../lib/readiness.ts';
import { settlesWithin } from '../lib/settles-within.ts';
import type { PhaseDeps } from './deps.ts';
import { startDispatcher } from './dispatcher.ts';
import { startHeartbeats } from './heartbeats.ts';
import { openDeps } from './open-deps.ts';
import { type OperatorServer, startOperatorServer } from './operator-server.ts';
import { createProcessor } from './run-job.ts';
import { createStopping } from './stopping.ts';
import { startBatches } from './sweeps/batches.ts';
import { startSweeps } from './sweeps/start.ts';
import { openDelivery } from './webhooks/open-delivery.ts';

/**
 * Time for the jobs of a worker that was told to stop to write their rows and go back to the queue: five thousand take
 * four seconds. In ms.
 */
const HAND_OVER_MS = 10_000;
/**
 * Time for the rounds under way, while jobs are waited for: they take milliseconds, unless a store is away. What is left
 * of one then fails on what is closed, and is done again by the next process. In ms.
 */
const ROUNDS_MS = 5_000;

export type Workers = {
  /** Where it answers for its health and metrics, with METRICS_PORT. */
  operatorUrl: string | null;
  /** Takes no more work, lets what runs go on for DRAIN_TIMEOUT, hands the rest over, closes everything. */
  stop(): Promise<void>;
};

/** Starts everything that works: the queue workers, dispatcher, sweeps, heartbeats and webhook delivery. */
export async function startWorkers(config: Config, log: Logger): Promise<Workers> {
  const onError = (error: Error) => log.error({ err: error }, 'lost a connection');
  const { deps, close } = await openDeps(config, log, onError);
  const backend = openQueueBackend({ ...config.QUEUE_STORE, workers: QUEUE_WORKERS.worker }, onError);
  const operator = await startOperator(deps, backend);
  const producer = openProducer(backend);
  const work = startWork(deps, backend, producer);
  log.info({ queue: backend.kind, run: config.RUN_CONCURRENCY, wait: config.WAIT_CONCURRENCY }, 'workers started');
  return {
    operatorUrl: operator?.url ?? null,
    async stop() {
      await work.stop();
      await producer.close();
      await operator?.stop();
      await backend.close();
      await close();
    },
  };
}

async function startOperator({ config, db, store }: PhaseDeps, queue: QueueBackend): Promise<OperatorServer | null> {
  if (config.METRICS_PORT === undefined) return null;
  return startOperatorServer({
    port: config.METRICS_PORT,
    host: config.HOST,
    adminToken: config.ADMIN_TOKEN,
    missing: createReadiness({ database: () => db.pool.query('SELECT 1'), queue: queue.ping, assets: store.ping }),
  });
}

function startWork(deps: PhaseDeps, backend: QueueBackend, producer: Producer): { stop(): Promise<void> } {
  const { config, log } = deps;
  const db = deps.db.pool;
  const dispatcher = startDispatcher({ db, producer, tenantConcurrency: config.TENANT_CONCURRENCY, log });
  const hints = listenForJobs(config.DATABASE_URL, dispatcher.hint, log);
  const delivery = openDelivery(deps);
  const kick = () => {
    dispatcher.kick();
    delivery.kick();
  };
  const sweeps = startSweeps(deps, producer, kick);
  const heartbeats = startHeartbeats(db, log);
  const batches = startBatches({ db, log, onReady: kick });
  const stopping = createStopping();
  const run = { heartbeats, batches, stopping, kick };
  const queueWorkers = [
    backend.worker('run', createProcessor('run', deps, run), { concurrency: config.RUN_CONCURRENCY }),
    backend.worker('wait', createProcessor('wait', deps, run), { concurrency: config.WAIT_CONCURRENCY }),
  ];
  return {
    async stop() {
      // First of all nothing more is taken: a round may hang in a store that is away.
      const closed = Promise.all(queueWorkers.map((worker) => worker.close()));
      const rounds = settlesWithin(Promise.all([hints.stop(), dispatcher.stop(), sweeps.stop()]), ROUNDS_MS);
      if (!(await settlesWithin(closed, config.DRAIN_TIMEOUT))) {
        stopping.stop('shutdown');
        if (!(await settlesWithin(closed, HAND_OVER_MS))) log.warn('some jobs did not hand over; their leases run out');
      }
      if (!(await rounds)) log.warn('some rounds did not end: the queue or the store of the files does not answer');
      heartbeats.stop();
      await batches.stop();
      await delivery.stop();
    },
  };
}
