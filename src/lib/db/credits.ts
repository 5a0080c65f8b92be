import type pg from 'pg';
import type { Credits, JobRecord } from '../domain/job.ts';
import { newId } from '../ids.ts';
import type { Queryable } from './database.ts';
import { prepared } from './prepared.ts';
import { WITHOUT_WAITING } from './synchronous-commit.ts';
import { tellTenant } from './tenant-events.ts';

/**
 * Records one reading of an account's credits, for a job or because the tenant asked, and tells the tenant once when
 * they fall below `threshold`, and again only after they have risen. Nobody waits for the disk: a crash of the server
 * may take the readings of its last moments away, and what was told of them with it; no job rests on them. Hence a pool:
 * in a transaction, nobody would wait for the rest of it either.
 */
export async function recordCredits(
  db: pg.Pool,
  reading: { accountId: string; tenantId: string; jobId: string | null },
  credits: Credits,
  threshold: number,
): Promise<void> {
  const { accountId, tenantId, jobId } = reading;
  const { available, frozen } = credits;
  const values: unknown[] = [accountId, available < threshold, newId('snap'), tenantId, jobId, available, frozen];
  const told = tellTenant(
    'fallen',
    { tenantId, type: 'credits.low', body: { ...credits, threshold } },
    (value) => `$${values.push(value)}`,
  );
  await db.query(
    prepared(
      `WITH stored AS (
         INSERT INTO public.credit_snapshot (id, account_id, tenant_id, job_id, available, frozen)
         VALUES ($3, $1, $4, $5, $6, $7) RETURNING id
       ), changed AS (
         UPDATE public.account SET credits_low = $2 WHERE id = $1 AND credits_low <> $2 RETURNING credits_low
       ), fallen AS (
         SELECT FROM changed WHERE credits_low
       ), ${told}
       SELECT ${WITHOUT_WAITING} FROM stored`,
      values,
    ),
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
  const { rows } = await db.query<{ overlaps: boolean }>({
    name: `has_overlap_${when}`,
    text: `WITH mine AS (
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
    values: [job.id, turnMs],
  });
  return rows[0]?.overlaps ?? true;
}
