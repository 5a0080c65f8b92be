import type { Accounts } from '../lib/accounts.ts';
import type { AssetStore } from '../lib/assets/store.ts';
import type { Submit } from '../lib/commands/submit-job.ts';
import type { Vault } from '../lib/crypto.ts';
import type { Database } from '../lib/db/database.ts';
import type { QueueRoom } from '../lib/db/queue-room.ts';
import type { Logger } from '../lib/logger.ts';
import type { NemoClient } from '../lib/nemo/client.ts';
import type { QueueReader } from '../lib/queue/reader.ts';
import type { Skill } from '../lib/skills.ts';
import type { AddressPolicy } from '../lib/webhooks/address-policy.ts';
import type { Once } from './create-once.ts';
import type { JobWatcher } from './job-watcher.ts';
import type { KeyUse } from './key-use.ts';
import type { RateLimit } from './rate-limit.ts';

/** What the API works with; built once a process. */
export type ApiDeps = {
  db: Database;
  vault: Vault;
  keyUse: KeyUse;
  /** ADMIN_TOKEN. */
  adminToken: string | undefined;
  /** For the board; the API adds nothing. */
  queue: Pick<QueueReader, 'queues' | 'ping'>;
  /** The gauges that are read from the stores. */
  storeMetrics(): Promise<string>;
  /** What does not answer of that which the API needs. */
  missing(): Promise<string[]>;
  /** Accepts a job, in one commit (commands/submit-job.ts). */
  submit: Submit;
  /** Tells the workers that there is something to do; they would find it by themselves, a moment later. */
  wake(): void;
  /** Keeps a tenant's backlog to MAX_QUEUED_PER_TENANT; to be asked before jobs are made. `submit` asks it itself. */
  room: QueueRoom;
  /** Answers POSTs that create something, once an idempotency key. */
  once: Once;
  rateLimit: RateLimit;
  skills: ReadonlyMap<string, Skill>;
  webhookPolicy: AddressPolicy;
  /** Feeds the clients that wait for jobs. */
  watcher: JobWatcher;
  store: AssetStore;
  maxUploadBytes: number;
  maxBatchBytes: number;
  accounts: Accounts;
  /** The upstream is only read, and only while a client waits (live-read.ts). */
  nemo: Pick<NemoClient, 'credits' | 'state'>;
  /** NEMO_WEB_URL. */
  webUrl: string;
  /** CREDITS_LOW. */
  creditsLow: number;
  log: Logger;
};
