import { createAccounts } from '../lib/accounts.ts';
import { openAssetStore } from '../lib/assets/open-store.ts';
import { monotonicMs } from '../lib/clock.ts';
import { createApiKey } from '../lib/commands/create-api-key.ts';
import { createSubmission } from '../lib/commands/submit-job.ts';
import type { Config } from '../lib/config.ts';
import { createVault, sha256 } from '../lib/crypto.ts';
import { openDatabase } from '../lib/db/database.ts';
import { createQueueRoom } from '../lib/db/queue-room.ts';
import { createWaker } from '../lib/db/wake.ts';
import type { Logger } from '../lib/logger.ts';
import { createNemoClient } from '../lib/nemo/client.ts';
import { createTransport } from '../lib/nemo/transport.ts';
import { poolSizes } from '../lib/pool-sizes.ts';
import { openQueueReader } from '../lib/queue/reader.ts';
import { createReadiness } from '../lib/readiness.ts';
import { loadSkills } from '../lib/skills.ts';
import { newWebhookSecret } from '../lib/webhooks/sign.ts';
import { buildApp } from './app.ts';
import { createOnce } from './create-once.ts';
import type { ApiDeps } from './deps.ts';
import { createJobWatcher } from './job-watcher.ts';
import { createKeyUse } from './key-use.ts';
import { createRateLimit } from './rate-limit.ts';
import { createStoreMetrics } from './store-metrics.ts';

/** What BOOTSTRAP_API_KEY is a key of. */
const BOOTSTRAP = { tenant: 'default', name: 'bootstrap' };

export type Api = {
  /** Where it listens, without a trailing slash. */
  url: string;
  /** Answers what was asked, takes no more, closes everything. */
  stop(): Promise<void>;
};

/** Starts the HTTP API. Throws when the port is taken or the database does not answer. */
export async function startApi(config: Config, log: Logger): Promise<Api> {
  const { deps, close } = await openDeps(config, log);
  const app = buildApp(deps);
  app.addHook('onClose', close);
  try {
    if (config.BOOTSTRAP_API_KEY !== undefined) {
      const apiKey = config.BOOTSTRAP_API_KEY;
      await createApiKey(deps.db.pool, deps.vault, { ...BOOTSTRAP, apiKey, webhookSecret: newWebhookSecret() });
    }
    const url = await app.listen({ port: config.PORT, host: config.HOST });
    log.info({ url }, 'api listens');
    return { url, stop: () => app.close() };
  } catch (error) {
    await app.close();
    throw error;
  }
}

async function openDeps(config: Config, log: Logger): Promise<{ deps: ApiDeps; close(): Promise<void> }> {
  const skills = await loadSkills(config.SKILLS_DIR, config.SKILL_SOURCE);
  const vault = createVault(config.ENCRYPTION_KEY, config.ENCRYPTION_KEYS_OTHER);
  const onError = (error: Error) => log.error({ err: error }, 'lost a connection');
  const db = openDatabase(config.DATABASE_URL, { poolSize: poolSizes('api', config).database, onError });
  const queue = openQueueReader(config.QUEUE_STORE, onError);
  const store = await openAssetStore(config.ASSET_STORE);
  const transport = createTransport(config.NEMO_API_URL);
  const nemo = createNemoClient(transport);
  const accounts = createAccounts({ db, vault, nemo, nemoToken: config.NEMO_TOKEN });
  const room = createQueueRoom(db.pool, config.MAX_QUEUED_PER_TENANT);
  const submission = createSubmission(db.pool, room);
  const waker = createWaker(db.pool, log);
  const watcher = createJobWatcher(db.pool, log);
  const keyUse = createKeyUse(db.pool, log);
  const deps: ApiDeps = {
    db,
    vault,
    keyUse,
    adminToken: config.ADMIN_TOKEN,
    queue,
    storeMetrics: createStoreMetrics({
      db: db.pool,
      queue,
      assets: store,
      nemoTokenHash: config.NEMO_TOKEN === undefined ? null : sha256(config.NEMO_TOKEN),
      log,
    }),
    missing: createReadiness({ database: () => db.pool.query('SELECT 1'), queue: queue.ping, assets: store.ping }),
    submit: submission.submit,
    wake: waker.wake,
    room,
    maxBatchBytes: config.MAX_BATCH_BYTES,
    once: createOnce(db.pool),
    rateLimit: createRateLimit(config.SUBMIT_RATE_LIMIT, monotonicMs),
    skills,
    webhookPolicy: config.WEBHOOK_POLICY,
    watcher,
    store,
    maxUploadBytes: config.MAX_UPLOAD_BYTES,
    accounts,
    nemo,
    webUrl: config.NEMO_WEB_URL,
    creditsLow: config.CREDITS_LOW,
    log,
  };
  const close = async () => {
    // A client that hung up has submitted all the same.
    await submission.flush();
    await waker.stop();
    await keyUse.stop();
    // Waits for tokens that are being renewed; without the upstream they would be issued and not stored.
    await db.close();
    await queue.close();
    await transport.close();
    store.close();
  };
  return { deps, close };
}
