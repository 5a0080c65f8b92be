import type pg from 'pg';
import type { JobRecord } from '../domain/job.ts';
import { type Queryable, transaction } from './database.ts';
import { writeJob } from './job-writes.ts';

/** The id of the first of the jobs that wait for the credits of an account; null where none does. */
export async function oldestCreditWaiter(db: Queryable, accountId: string): Promise<string | null> {
  const { rows } = await db.query<{ id: string }>({
    name: 'oldest_credit_waiter',
    text: `SELECT id FROM public.job WHERE account_id = $1 AND waiting_reason = 'credits' AND finished_at IS NULL
      ORDER BY id LIMIT 1`,
    values: [accountId],
  });
  return rows[0]?.id ?? null;
}

/** Those of the accounts for whose credits jobs wait. After each message it is asked; that somebody waits is rare. */
export async function accountsWaitedFor(db: Queryable, accountIds: readonly string[]): Promise<string[]> {
  const { rows } = await db.query<{ id: string }>({
    name: 'accounts_waited_for',
    text: `SELECT id FROM json_array_elements_text($1::json) AS asked(id) WHERE (
        SELECT job.id FROM public.job
        WHERE account_id = asked.id AND waiting_reason = 'credits' AND finished_at IS NULL ORDER BY job.id LIMIT 1
      ) IS NOT NULL`,
    values: [JSON.stringify([...new Set(accountIds)])],
  });
  return rows.map(({ id }) => id);
}

/**
 * A message was paid for, so there are credits again: the oldest jobs that wait for them go on as well, at most
 * `limit` at a time. One whose worker is looking at it just now is left to it.
 */
export async function wakeCreditWaiters(pool: pg.Pool, accountId: string, limit: number): Promise<void> {
  await transaction(pool, async (client) => {
    const { rows } = await client.query<JobRecord>(
      `SELECT * FROM public.job WHERE account_id = $1 AND waiting_reason = 'credits' AND finished_at IS NULL
         AND (lease_until IS NULL OR lease_until < now())
       ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED`,
      [accountId, limit],
    );
    for (const job of rows) {
      const set = { waiting_reason: 'concurrency' } as const;
      await writeJob(client, job, { set, event: 'job.waiting', dueInMs: 0, hold: 'redispatch' });
    }
  });
}
