import type pg from 'pg';
import { accountsWaitedFor, wakeCreditWaiters } from '../lib/db/credit-waiters.ts';
import { type CreditsReading, creditsReading, recordCredits } from '../lib/db/credits.ts';
import { shareStatements } from '../lib/db/share-statements.ts';
import type { Logger } from '../lib/logger.ts';

/** No job waits for any of it, and a worker at work has some hundred a second of each. In ms. */
const GATHER_MS = 50;
/** Items of one statement. */
const MAX_ITEMS = 500;

/** What is noted down of an account's credits beside the jobs, within a moment; what cannot be is logged. */
export type CreditsRecorder = {
  /** A reading is kept, and tells of low credits. */
  read(reading: Omit<CreditsReading, 'id' | 'at'>): void;
  /** A message was paid for: jobs that wait for the account's credits go on. */
  paid(accountId: string): void;
  /** Resolves when everything is noted down. */
  flush(): Promise<void>;
};

/** @param options.wakeAtOnce jobs that go on after one message, at most. */
export function createCreditsRecorder(
  db: pg.Pool,
  log: Logger,
  options: { lowBelow: number; wakeAtOnce: number },
): CreditsRecorder {
  const shared = { maxItems: MAX_ITEMS, maxAtOnce: 1, gatherMs: GATHER_MS };
  const readings = shareStatements<CreditsReading, void>({
    ...shared,
    async run(items) {
      await recordCredits(db, items, options.lowBelow);
      return items.map(() => undefined);
    },
  });
  const payments = shareStatements<string, void>({
    ...shared,
    async run(accountIds) {
      for (const id of await accountsWaitedFor(db, accountIds)) await wakeCreditWaiters(db, id, options.wakeAtOnce);
      return accountIds.map(() => undefined);
    },
  });
  return {
    read(reading) {
      const { accountId: account_id, jobId: job_id } = reading;
      readings.add(creditsReading(reading)).catch((error) => {
        log.warn({ err: error, account_id, job_id }, 'a reading of credits was not recorded');
      });
    },
    paid(accountId) {
      payments.add(accountId).catch((error) => {
        log.warn(
          { err: error, account_id: accountId },
          'jobs that wait for credits were not woken; they look themselves',
        );
      });
    },
    async flush() {
      await Promise.all([readings.flush(), payments.flush()]);
    },
  };
}
