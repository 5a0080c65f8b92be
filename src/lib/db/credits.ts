import type pg from 'pg';
import { now } from '../clock.ts';
import { isByDefault } from '../domain/event-types.ts';
import type { Credits, JobRecord } from '../domain/job.ts';
import { newId } from '../ids.ts';
import type { Queryable } from './database.ts';
import { WITHOUT_WAITING } from './synchronous-commit.ts';
import { tell } from './tell.ts';

/** An account's credits as they were read, for a job or because the tenant asked. */
export type CreditsReading = {
  id: string;
  accountId: string;
  tenantId: string;
  jobId: string | null;
  credits: Credits;
  at: Date;
};

/** A reading of this moment. */
export function creditsReading(reading: Omit<CreditsReading, 'id' | 'at'>): CreditsReading {
  return { id: newId('snap'), at: now(), ...reading };
}

/**
 * Records readings of credits and tells the tenant once when an account's fall below `threshold`, and again only after
 * they have risen: the last of an account's readings says. May be repeated. Nobody waits for the disk: a crash of the
 * server may take the readings of its last moments away, and what was told of them with it; no job rests on them. Hence
 * a pool: in a transaction, nobody would wait for the rest of it either.
 */
export async function recordCredits(
  db: pg.Pool,
  readings: readonly CreditsReading[],
  threshold: number,
): Promise<void> {
  const rows = readings.map(({ id, at, accountId, tenantId, jobId, credits }) => ({
    id,
    at,
    account_id: accountId,
    tenant_id: tenantId,
    job_id: jobId,
    available: credits.available,
    frozen: credits.frozen,
    is_low: credits.available < threshold,
    ...(credits.available < threshold && {
      event_id: newId('evt'),
      first_message: newId('msg'),
      body: { ...credits, threshold },
    }),
  }));
  await db.query({ name: 'record_credits', text: RECORD, values: [JSON.stringify(rows)] });
}

const TYPE = 'credits.low';

const RECORD = `
  WITH reading AS (
    SELECT * FROM ROWS FROM (json_to_recordset($1::json) AS (id text, at timestamptz, account_id text, tenant_id text,
      job_id text, available int, frozen int, is_low boolean, event_id text, first_message text, body json)
    ) WITH ORDINALITY AS reading
  ), stored AS (
    INSERT INTO public.credit_snapshot (id, at, account_id, tenant_id, job_id, available, frozen)
    SELECT id, at, account_id, tenant_id, job_id, available, frozen FROM reading ORDER BY ordinality
    ON CONFLICT (id) DO NOTHING
  ), last AS (
    SELECT DISTINCT ON (account_id) * FROM reading ORDER BY account_id, ordinality DESC
  ), changed AS (
    UPDATE public.account SET credits_low = last.is_low FROM last
    WHERE account.id = ANY (ARRAY (SELECT account_id FROM last)) AND account.id = last.account_id
      AND account.credits_low <> last.is_low
    RETURNING last.*
  ), fallen AS (
    SELECT * FROM changed WHERE is_low
  ), ${tell('fallen', {
    id: 'event_id',
    first_message: 'first_message',
    tenant_id: 'tenant_id',
    type: `'${TYPE}'`,
    body: 'body',
    by_default: String(isByDefault(TYPE)),
  })}
  SELECT ${WITHOUT_WAITING}`;

/**
 * Asked first: a busy account always has one, and has had thousands before that the other look would go through. In the
 * order of the index, or the planner would rather read the whole table until it meets one.
 */
const BEGUN_SINCE = `EXISTS (
       SELECT FROM mine CROSS JOIN same CROSS JOIN LATERAL (
         SELECT FROM public.job AS other
         WHERE other.account_id = same.id AND other.id <> mine.id AND other.sent_at >= mine.sent_at
         ORDER BY other.sent_at DESC LIMIT 1
       ) AS latest
     )`;

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
     SELECT ${when === 'ever' ? BEGUN_SINCE : 'false'} OR EXISTS (
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
