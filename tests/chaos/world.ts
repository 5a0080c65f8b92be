import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { SandboxOptions } from '../../src/sandbox/options.ts';
import type { Client } from '../support/client.ts';
import { startTestSandbox, type TestSandbox } from '../support/sandbox.ts';
import { createTenant } from '../support/tenants.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts';
import { type KeptProcess, keepRunning } from './kept-process.ts';
import { type OddRow, oddRows } from './ledger.ts';
import { type OwnPostgres, type OwnRedis, startOwnPostgres, startOwnRedis } from './own-stores.ts';
import { readLedger } from './read-ledger.ts';
import { SEED, SETTLE_TIMEOUT_MS, tell } from './settings.ts';
import { stablePort } from './stable-port.ts';
import type { Submission } from './submit.ts';

/** A hundred times the pace of the real service, and our own waits with it: a video takes a second. */
const SPEED = 100;
const PACE = {
  SSE_IDLE_TIMEOUT: '6s',
  SSE_TOTAL_TIMEOUT: '9s',
  RECOVERY_DELAYS: '300ms,600ms,600ms,600ms,600ms',
  RENDER_POLL_INTERVAL: '300ms',
  RENDER_TIMEOUT: '6s',
  RATE_LIMIT_RETRY_DELAY: '300ms',
  DRAIN_TIMEOUT: '2s',
  WEBHOOK_TIMEOUT: '2s',
  WEBHOOK_RETRY_SCHEDULE: '0s,200ms,200ms,200ms,200ms,200ms,200ms,200ms,200ms,200ms',
  WEBHOOK_ALLOW_HTTP: 'true',
  WEBHOOK_ALLOWED_SUBNETS: '127.0.0.0/8',
} as const;

/** A look at the sandbox's log is not for nothing. In ms. */
const LOOK_EVERY_MS = 500;

/** A service of real processes, with stores, upstream and receiver of its own. */
export type World = {
  backend: 'postgres' | 'redis';
  postgres: OwnPostgres;
  /** null: the queue is in Postgres. */
  redis: OwnRedis | null;
  sandbox: TestSandbox;
  receiver: WebhookReceiver;
  api: KeptProcess;
  startWorker(options?: { faults?: () => string | null; env?: Record<string, string> }): KeptProcess;
  /** How many jobs an SQL condition is true of. */
  count(condition: string): Promise<number>;
  /** The client of a tenant, which is made when it is first asked for. */
  tenant(number: number): Promise<Client>;
  /** Waits until every job and every webhook has ended, and fails unless the ledger balances. */
  balances(submissions: readonly Submission[]): Promise<void>;
  close(): Promise<void>;
};

export async function startWorld(
  backend: 'postgres' | 'redis',
  options: { env?: Record<string, string>; sandbox?: Partial<SandboxOptions>; apiFaults?: () => string | null } = {},
): Promise<World> {
  const postgres = await startOwnPostgres();
  const redis = backend === 'redis' ? await startOwnRedis() : null;
  const sandbox = await startTestSandbox({ speed: SPEED, ipTokenCap: 100_000, ...options.sandbox });
  const receiver = await startReceiver();
  const dataDir = await mkdtemp(path.join(tmpdir(), 'reelay-chaos-data-'));
  const port = await stablePort();
  const env = {
    ...PACE,
    DATABASE_URL: postgres.url,
    ...(redis ? { REDIS_URL: redis.url } : {}),
    NEMO_API_URL: sandbox.url,
    BOOTSTRAP_API_KEY: `rk_${randomBytes(16).toString('base64url')}`,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    PORT: String(port),
    HOST: '127.0.0.1',
    DATA_DIR: dataDir,
    LOG_LEVEL: process.env.TEST_LOG_LEVEL ?? 'silent',
    ...options.env,
  };
  const api = keepRunning('api', env, options.apiFaults);
  const kept = [api];
  await api.ready();
  const url = `http://127.0.0.1:${port}`;
  const tenants = new Map<number, Promise<Client>>();

  const settled = async () => {
    await pause(LOOK_EVERY_MS);
    const [open] = await postgres.sql<{ jobs: number; messages: number }>(
      `SELECT (SELECT count(*)::int FROM public.job WHERE finished_at IS NULL) AS jobs,
        (SELECT count(*)::int FROM public.webhook_message WHERE status = 'pending') AS messages`,
    );
    const { messages } = await sandbox.log();
    return open?.jobs === 0 && open.messages === 0 && !messages.some(({ status }) => status === 'running');
  };

  return {
    backend,
    postgres,
    redis,
    sandbox,
    receiver,
    api,
    startWorker({ faults, env: more } = {}) {
      const worker = keepRunning('worker', { ...env, ...more }, faults);
      kept.push(worker);
      return worker;
    },
    async count(condition) {
      const [row] = await postgres.sql<{ jobs: number }>(
        `SELECT count(*)::int AS jobs FROM public.job WHERE ${condition}`,
      );
      return row?.jobs ?? 0;
    },
    tenant(number) {
      const known = tenants.get(number) ?? createTenant({ url, database: postgres });
      tenants.set(number, known);
      return known;
    },
    async balances(submissions) {
      // What does not end is an odd row like any other, and tells more than a time-out.
      await waitFor('the end of all jobs', settled, SETTLE_TIMEOUT_MS).catch(() => tell('some jobs have not ended'));
      const ledger = await readLedger({ postgres, sandbox, receiver, submissions });
      const odd = oddRows(ledger);
      const count = (values: string[]) =>
        [...new Set(values)].sort().map((value) => `${values.filter((other) => other === value).length} ${value}`);
      tell(
        `seed ${SEED}, ${backend}: submitted ${submissions.length} = ${count(ledger.jobs.map(({ status }) => status)).join(' + ')}; ` +
          `messages ${count(ledger.sends.map(({ status }) => status)).join(', ')}; ` +
          `charged ${count(ledger.jobs.map(({ charged }) => charged)).join(', ')}; ` +
          `renders ${ledger.upstreamRenders.filter((render) => render.accepted).length}; ` +
          `webhooks ${ledger.messages.length}, heard ${ledger.heard.length}; ` +
          `killed at ${kept.flatMap(({ deaths }) => deaths.map(({ fault }) => fault ?? 'any moment')).join(', ') || 'nothing'}; odd rows ${odd.length}`,
      );
      if (odd.length > 0) for (const row of await historyOf(postgres, odd)) tell(JSON.stringify(row));
      expect(odd).toEqual([]);
      expect(kept.flatMap(({ crashes }) => crashes)).toEqual([]);
    },
    async close() {
      await Promise.all(kept.map((process) => process.stop()));
      await sandbox.close();
      await receiver.close();
      await redis?.stop();
      await postgres.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** What happened to the jobs of odd rows, and to those that shared an account with them. */
function historyOf(postgres: OwnPostgres, odd: readonly OddRow[]): Promise<unknown[]> {
  return postgres.sql(
    `SELECT job.id, job.input->>'prompt' AS prompt, job.account_id, job.status, job.error->>'code' AS error, job.charged, job.cost,
      job.turn_state, job.turn_end, job.waiting_reason, job.remedies, job.lane, job.dispatch_no, job.dispatched_at,
      job.due_at, job.lease_until, job.sent_at, job.turn_ended_at, job.epoch,
      (SELECT json_agg(concat_ws(' ', event.at::time, event.type, event.phase) ORDER BY seq)
       FROM public.event WHERE event.job_id = job.id) AS history
     FROM public.job WHERE job.id = ANY ($1) OR job.account_id IN (SELECT account_id FROM public.job WHERE id = ANY ($1))
     ORDER BY job.account_id, job.created_at`,
    [odd.map(({ about }) => about)],
  );
}
