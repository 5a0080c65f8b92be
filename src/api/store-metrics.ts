import { Gauge, Registry } from 'prom-client';
import type { AssetStore } from '../lib/assets/store.ts';
import { monotonicMs } from '../lib/clock.ts';
import type { Queryable } from '../lib/db/database.ts';
import { readBegunJobs, readCredits, readDueMessages, readOpenJobs } from '../lib/db/readings.ts';
import type { Logger } from '../lib/logger.ts';
import { type COUNTED, type LabelsOf, READ, type Read } from '../lib/metrics/catalog.ts';
import { count } from '../lib/metrics/process-metrics.ts';
import type { QueueReader } from '../lib/queue/reader.ts';
import { settlesWithin } from '../lib/settles-within.ts';

/** Scrapes of several servers, and of impatient ones, share a reading. In ms. */
const FRESH_MS = 5_000;
/** A scrape is to tell what it can when a store does not answer; Prometheus waits 10 s by default. In ms. */
const READ_TIMEOUT_MS = 3_000;

type Deps = {
  db: Queryable;
  queue: Pick<QueueReader, 'counts'>;
  assets: Pick<AssetStore, 'ping'>;
  /** Of NEMO_TOKEN; null where there is none. */
  nemoTokenHash: string | null;
  log: Logger;
};
/** As `reelay_scrape_errors_total` names them. */
type StoreName = (typeof COUNTED)['reelay_scrape_errors_total']['values'][number];
type Write = <Name extends Read>(name: Name, labels: LabelsOf<(typeof READ)[Name]>, value: number) => void;

/** The gauges that are read from the stores when somebody asks, in Prometheus' text format. */
export function createStoreMetrics({ db, queue, assets, nemoTokenHash, log }: Deps): () => Promise<string> {
  const stores: Record<StoreName, Store> = {
    database: store((write) => readDatabase(db, nemoTokenHash, write)),
    queue: store((write) => readQueue(queue, write)),
    // They have nothing to tell but that they are there.
    assets: store(() => assets.ping()),
  };
  return async () => {
    const texts = Object.entries(stores).map(async ([name, read]) => {
      try {
        return await read();
      } catch (error) {
        log.warn({ err: error, store: name }, 'a store could not be read for a scrape');
        count('reelay_scrape_errors_total', { store: name });
        return '';
      }
    });
    return (await Promise.all(texts)).join('');
  };
}

type Store = () => Promise<string>;

/** Reads at most once a FRESH_MS, and once at a time. Throws what the reading throws, or that it took too long. */
function store(read: (write: Write) => Promise<void>): Store {
  let fresh: { text: string; at: number } | null = null;
  let reading: Promise<string> | null = null;
  const readAnew = async () => {
    const { write, text } = openGauges();
    await read(write);
    fresh = { text: await text(), at: monotonicMs() };
    return fresh.text;
  };
  return async () => {
    if (fresh && monotonicMs() - fresh.at < FRESH_MS) return fresh.text;
    reading ??= readAnew().finally(() => {
      reading = null;
    });
    const asked = reading;
    if (!(await settlesWithin(asked, READ_TIMEOUT_MS))) throw new Error(`no answer within ${READ_TIMEOUT_MS} ms`);
    return asked;
  };
}

/** New ones for each reading: what is not there any more must not go on being told. */
function openGauges(): { write: Write; text(): Promise<string> } {
  const registry = new Registry();
  const gauges = new Map<Read, Gauge>();
  return {
    write(name, labels, value) {
      const { help, labels: labelNames } = READ[name];
      const gauge = gauges.get(name) ?? new Gauge({ name, help, labelNames, registers: [registry] });
      gauges.set(name, gauge);
      gauge.set(labels, value);
    },
    text: async () => `${await registry.metrics()}\n`,
  };
}

async function readDatabase(db: Queryable, nemoTokenHash: string | null, write: Write): Promise<void> {
  const [open, begun, credits, due] = await Promise.all([
    readOpenJobs(db),
    readBegunJobs(db),
    readCredits(db, nemoTokenHash),
    readDueMessages(db),
  ]);
  for (const { type, status, jobs } of open) write('reelay_jobs_open', { type, status }, jobs);
  const waiting = open.filter(({ status }) => status === 'queued').map(({ oldest_s }) => oldest_s);
  write('reelay_oldest_waiting_job_age_seconds', {}, Math.max(0, ...waiting));
  write('reelay_jobs_in_hand', {}, begun.in_hand);
  write('reelay_conversations_open', {}, begun.conversations);
  for (const { kind, owner, available, frozen } of credits) {
    write('reelay_account_credits', { kind, owner, state: 'available' }, available);
    write('reelay_account_credits', { kind, owner, state: 'frozen' }, frozen);
  }
  write('reelay_webhook_messages_due', {}, due.messages);
  write('reelay_oldest_due_webhook_age_seconds', {}, due.oldest_s);
}

async function readQueue(queue: Pick<QueueReader, 'counts'>, write: Write): Promise<void> {
  for (const { queue: name, state, entries } of await queue.counts()) {
    write('reelay_queue_entries', { queue: name, state }, entries);
  }
}
