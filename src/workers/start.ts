import { hostname } from 'node:os';
import { createAccounts } from '../lib/accounts.ts';
import { createHeicConverter } from '../lib/assets/convert.ts';
import { openAssetStore } from '../lib/assets/open-store.ts';
import type { Config } from '../lib/config.ts';
import { createVault } from '../lib/crypto.ts';
import { openDatabase } from '../lib/db/database.ts';
import { createJobStatements } from '../lib/db/job-statements.ts';
import { listenForJobs } from '../lib/db/wake.ts';
import type { Logger } from '../lib/logger.ts';
import { createNemoClient } from '../lib/nemo/client.ts';
import { createOutputs } from '../lib/nemo/output.ts';
import { createTransport } from '../lib/nemo/transport.ts';
import { poolSizes, QUEUE_WORKERS } from '../lib/pool-sizes.ts';
import { openQueueBackend } from '../lib/queue/backend.ts';
import { openProducer } from '../lib/queue/producer.ts';
import { createReadiness } from '../lib/readiness.ts';
import { settlesWithin } from '../lib/settles-within.ts';
import { loadSkills } from '../lib/skills.ts';
import { createGuardedAgent } from '../lib/webhooks/guarded-agent.ts';
import type { PhaseDeps } from './deps.ts';
import { startDispatcher } from './dispatcher.ts';
import { startHeartbeats } from './heartbeats.ts';
import { startOperatorServer } from './operator-server.ts';
import { createProcessor } from './run-job.ts';
import { startBatches } from './sweeps/batches.ts';
import { startUnstartedSweep } from './sweeps/end-unstarted.ts';
import { startReconciler } from './sweeps/reconciler.ts';
import { startAbandonedRemoval } from './sweeps/remove-abandoned.ts';
import { startAssetRemoval } from './sweeps/remove-assets.ts';
import { startKeyRemoval } from './sweeps/remove-keys.ts';
import { startRetention } from './sweeps/retention.ts';
import { startDelivery } from './webhooks/deliver-webhooks.ts';

/** Time for a job that was told to stop to write its row and go back to the queue. In ms. */
const HAND_OVER_MS = 5_000;
/** A webhook receiver answers from where it is within a few seconds or not at all. In ms. */
const WEBHOOK_CONNECT_TIMEOUT_MS = 5_000;
/** Sockets to one origin: many endpoints may live there, and what waits for a socket is running out of time. */
const WEBHOOK_CONNECTIONS_PER_ORIGIN = 100;

export type Workers = {
  /** Where it answers for its health and metrics, with METRICS_PORT. */
  operatorUrl: string | null;
  /** Takes no more work, lets what runs go on for DRAIN_TIMEOUT, hands the rest over, closes everything. */
  stop(): Promise<void>;
};

/** Starts everything that works: the queue workers, dispatcher, reconciler, heartbeats and webhook delivery. */
export async function startWorkers(config: Config, log: Logger): Promise<Workers> {
  const onError = (error: Error) => log.error({ err: error }, 'lost a connection');
  const skills = await loadSkills(config.SKILLS_DIR, config.SKILL_SOURCE);
  const vault = createVault(config.ENCRYPTION_KEY, config.ENCRYPTION_KEYS_OTHER);
  const db = openDatabase(config.DATABASE_URL, { poolSize: poolSizes('worker', config).database, onError });
  const transport = createTransport(config.NEMO_API_URL);
  const nemo = createNemoClient(transport);
  const outputs = createOutputs(config.NEMO_API_URL);
  const agent = createGuardedAgent(config.WEBHOOK_POLICY, {
    connectTimeoutMs: WEBHOOK_CONNECT_TIMEOUT_MS,
    maxConnectionsPerOrigin: WEBHOOK_CONNECTIONS_PER_ORIGIN,
  });
  const accounts = createAccounts({ db, vault, nemo, nemoToken: config.NEMO_TOKEN });
  const store = await openAssetStore(config.ASSET_STORE);
  const deps: PhaseDeps = {
    config,
    db,
    shared: createJobStatements(db.pool, `${hostname()}:${process.pid}`),
    nemo,
    outputs,
    accounts,
    skills,
    vault,
    store,
    heic: createHeicConverter(),
    log,
  };

  const backend = openQueueBackend({ ...config.QUEUE_STORE, workers: QUEUE_WORKERS.worker }, onError);
  const operator =
    config.METRICS_PORT === undefined
      ? null
      : await startOperatorServer({
          port: config.METRICS_PORT,
          host: config.HOST,
          adminToken: config.ADMIN_TOKEN,
          missing: createReadiness({
            database: () => db.pool.query('SELECT 1'),
            queue: backend.ping,
            assets: store.ping,
          }),
        });
  const producer = openProducer(backend);
  const dispatcher = startDispatcher({ db: db.pool, producer, tenantConcurrency: config.TENANT_CONCURRENCY, log });
  const hints = listenForJobs(config.DATABASE_URL, dispatcher.kick, log);
  const reconciler = startReconciler({ db: db.pool, producer, log, onReady: dispatcher.kick });
  const { timeoutMs, schedule } = { timeoutMs: config.WEBHOOK_TIMEOUT, schedule: config.WEBHOOK_RETRY_SCHEDULE };
  const delivery = startDelivery({ db: db.pool, vault, agent, timeoutMs, schedule, log });
  const removal = startAssetRemoval({
    db: db.pool,
    store,
    ttlMs: config.ASSET_TTL,
    log,
  });
  const abandoned = startAbandonedRemoval({ store, log });
  const retention = startRetention({
    db: db.pool,
    store,
    keep: { eventsMs: config.EVENT_RETENTION, jobsMs: config.JOB_RETENTION },
    log,
  });
  const keyRemoval = startKeyRemoval({ db: db.pool, log });
  const heartbeats = startHeartbeats(db.pool, log);
  const kick = () => {
    dispatcher.kick();
    delivery.kick();
  };
  const unstarted = startUnstartedSweep({ db: db.pool, log, onEnded: kick });
  const batches = startBatches({ db: db.pool, log, onReady: kick });
  const run = { heartbeats, batches, kick };
  const queueWorkers = [
    backend.worker('run', createProcessor('run', deps, run), { concurrency: config.RUN_CONCURRENCY }),
    backend.worker('wait', createProcessor('wait', deps, run), { concurrency: config.WAIT_CONCURRENCY }),
  ];
  log.info({ queue: backend.kind, run: config.RUN_CONCURRENCY, wait: config.WAIT_CONCURRENCY }, 'workers started');

  return {
    operatorUrl: operator?.url ?? null,
    async stop() {
      const loops = [dispatcher, reconciler, removal, abandoned, keyRemoval, retention, unstarted];
      await hints.stop();
      await Promise.all(loops.map((loop) => loop.stop()));
      const closed = Promise.all(queueWorkers.map((worker) => worker.close()));
      if (!(await settlesWithin(closed, config.DRAIN_TIMEOUT))) {
        for (const worker of queueWorkers) worker.cancelAllJobs('shutdown');
        if (!(await settlesWithin(closed, HAND_OVER_MS))) log.warn('some jobs did not hand over; their leases run out');
      }
      heartbeats.stop();
      await batches.stop();
      await delivery.stop();
      await producer.close();
      await operator?.stop();
      await Promise.all([backend.close(), transport.close(), outputs.close(), agent.destroy()]);
      store.close();
      await db.close();
    },
  };
}
