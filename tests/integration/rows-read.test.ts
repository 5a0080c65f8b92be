import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { claimJobs } from '../../src/lib/db/claims.ts';
import { hasOverlap } from '../../src/lib/db/credits.ts';
import { type ClaimedJobs, startClaimedJobs } from '../support/claimed-jobs.ts';

/** Enough to tell a look into an index from one through the table. */
const EARLIER = 2_000;
/** Rows of its own, dead ones on the way, and what the connection has read in the same second. */
const FEW = EARLIER / 10;
const TURN_MS = 900_000;

let here: ClaimedJobs;
beforeAll(async () => {
  // One connection, which keeps the plans that it made while the tables were empty.
  here = await startClaimedJobs(1);
});
afterAll(() => here?.stop());

/** Copies of a job that ended before its message was sent. */
async function addEarlier(jobId: string): Promise<void> {
  const columns = await here.service.database.sql<{ name: string }>(
    `SELECT quote_ident(column_name) AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = 'job'
       AND column_name NOT IN ('id', 'status', 'sent_at', 'turn_ended_at', 'finished_at')`,
  );
  const same = columns.map(({ name }) => name).join(', ');
  await here.service.database.sql(
    `INSERT INTO job (id, status, sent_at, turn_ended_at, finished_at, ${same})
     SELECT 'job_earlier_' || n, 'succeeded', now() - interval '2 minutes', now() - interval '1 minute', now(), ${same}
     FROM job CROSS JOIN generate_series(1, ${EARLIER}) AS n WHERE id = $1`,
    [jobId],
  );
}

/** How many rows of jobs and sessions it reads. */
async function rowsRead(work: (client: pg.PoolClient) => Promise<unknown>): Promise<number> {
  const client = await here.db.pool.connect();
  try {
    await client.query('BEGIN');
    await work(client);
    const { rows } = await client.query<{ read: number }>(
      `SELECT sum(COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0))::int AS read
       FROM pg_stat_xact_user_tables WHERE relname IN ('job', 'session')`,
    );
    return rows[0]?.read ?? 0;
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

it('what every job needs is found in a few rows, however many jobs there were, with plans of an empty table', async () => {
  let job = await here.claimed();
  // From the sixth time on a plan is kept.
  for (let n = 0; n < 6; n += 1) {
    await hasOverlap(here.db.pool, job, TURN_MS, 'ever');
    job = await here.claimed();
  }
  await here.service.database.sql(`UPDATE job SET account_id = 'acc_one', sent_at = now() - interval '10 s'`);
  await addEarlier(job.id);

  const asked = [{ jobId: await here.dispatched(), dispatchNo: 1 }];
  expect(await rowsRead((client) => claimJobs(client, asked, 'me'))).toBeLessThan(FEW);
  let overlaps = false;
  const read = await rowsRead(async (client) => {
    overlaps = await hasOverlap(client, job, TURN_MS, 'ever');
  });
  expect([overlaps, read < FEW]).toEqual([true, true]);
});
