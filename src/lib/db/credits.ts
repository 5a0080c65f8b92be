import type { Credits, JobRecord } from '../domain/job.ts';
import { newId } from '../ids.ts';
import type { Queryable } from './database.ts';
import { tellTenant } from './tenant-events.ts';

/** Records one reading of an account's credits, for a job or because the tenant asked. */
export async function storeCredits(
  db: Queryable,
  reading: { accountId: string; tenantId: string; jobId: string | null },
  credits: Credits,
): Promise<void> {
  await db.query(
    `INSERT INTO public.credit_snapshot (id, account_id, tenant_id, job_id, available, frozen)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [newId('snap'), reading.accountId, reading.tenantId, reading.jobId, credits.available, credits.frozen],
  );
}

/** Tells the tenant once when the account's credits fall below `threshold`, and again only after they have risen. */
export async function noteLowCredits(
  db: Queryable,
  account: { id: string; tenantId: string },
  credits: Credits,
  threshold: number,
): Promise<void> {
  const values: unknown[] = [account.id, credits.available < threshold];
  const body = { ...credits, threshold };
  const told = tellTenant(
    'fallen',
    { tenantId: account.tenantId, type: 'credits.low', body },
    (value) => `$${values.push(value)}`,
  );
  await db.query(
    `WITH changed AS (
       UPDATE public.account SET credits_low = $2 WHERE id = $1 AND credits_low <> $2 RETURNING credits_low
     ), fallen AS (
       SELECT FROM changed WHERE credits_low
     ), ${told}
     SELECT FROM fallen`,
    values,
  );
}

/**
 * Whether another turn of the same account was open at any time since this job's message was sent, its end and the
 * reading of the balance included: then neither the balance nor `frozen` tells what this one did. Two tenants with the same token are the same account for this.
 * A turn whose end nobody saw counts as open for `turnMs` after its start.
 * @param when `ever`: from the message until now; `now`: at this moment.
 */
export async function hasOverlap(
  db: Queryable,
  job: JobRecord,
  turnMs: number,
  when: 'ever' | 'now',
): Promise<boolean> {
  const { rows } = await db.query<{ overlaps: boolean }>(
    `WITH mine AS (
       SELECT id, account_id, sent_at FROM public.job WHERE id = $1
     ), same AS (
       SELECT account_id AS id FROM mine
       UNION
       SELECT other.id FROM mine JOIN public.account AS own ON own.id = mine.account_id
       JOIN public.account AS other ON other.token_hash = own.token_hash
     )
     SELECT EXISTS (
       SELECT 1 FROM mine CROSS JOIN same JOIN public.job AS other ON other.account_id = same.id
       WHERE other.id <> mine.id
         AND other.sent_at >= mine.sent_at - 2 * $2 * interval '1 ms' -- none lasts longer: the index needs an end
         AND COALESCE(other.turn_ended_at, other.sent_at + $2 * interval '1 ms')
           >= ${when === 'now' ? 'now()' : 'mine.sent_at'}
     ) AS overlaps`,
    [job.id, turnMs],
  );
  return rows[0]?.overlaps ?? true;
}
