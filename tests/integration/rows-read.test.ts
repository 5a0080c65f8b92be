import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { settleAlone } from '../../src/lib/commands/settle-job.ts';
import { findApiKeys } from '../../src/lib/db/api-keys.ts';
import { claimJobs, heartbeat } from '../../src/lib/db/claims.ts';
import { hasOverlap } from '../../src/lib/db/credits.ts';
import { parkAgain, type WaitingRender, waitingRenders } from '../../src/lib/db/render-looks.ts';
import { type AttemptRecord, recordAttempts } from '../../src/lib/db/webhook-attempts.ts';
import { claimDueMessages, type Room, START } from '../../src/lib/db/webhook-claims.ts';
import { writeJobs } from '../../src/lib/db/write-together.ts';
import { type JobRecord, NO_PROGRESS } from '../../src/lib/domain/job.ts';
import { type ClaimedJobs, startClaimedJobs } from '../support/claimed-jobs.ts';

/** Enough to tell a look into an index from one through the table. */
const EARLIER = 2_000;
/** Rows of its own, and dead ones on the way. */
const FEW = EARLIER / 10;
const TURN_MS = 900_000;
/** As a worker has that knows no receiver yet. */
const WEBHOOK_ROOM: Room = {
  most: 1_000,
  unproven: 500,
  lanes: new Map(),
  perLane: 2,
  tenants: new Map(),
  perTenant: 100,
};

let here: ClaimedJobs;
beforeAll(async () => {
  // One connection, which keeps the plans that it made while the tables were empty.
  here = await startClaimedJobs(1);
});
afterAll(() => here?.stop());

/** Copies of the only job, session and message that matter, as they are when all is over. */
async function addEarlier(jobId: string): Promise<void> {
  await copy('job', jobId, {
    status: "'succeeded'",
    sent_at: "now() - interval '2 minutes'",
    turn_ended_at: "now() - interval '1 minute'",
    finished_at: 'now()',
  });
  await copy('session', jobId.replace('job', 'ses'), { status: "'ready'" });
  await here.service.database.sql(
    `INSERT INTO webhook_message (id, tenant_id, event_id, url, lane_key, event_type, next_attempt_at)
     SELECT 'msg_earlier_' || n, 'default', 'evt_none', 'https://example.com', 'https://example.com', 'job.succeeded',
       CASE WHEN n > 1 THEN now() + interval '1 h' ELSE now() END
     FROM generate_series(1, ${EARLIER}) AS n`,
  );
}

async function copy(table: string, id: string, changed: Record<string, string>): Promise<void> {
  const columns = await here.service.database.sql<{ name: string }>(
    `SELECT quote_ident(column_name) AS name FROM information_schema.columns
     WHERE table_schema = 'public' AND table_name = $1`,
    [table],
  );
  const same = columns.map(({ name }) => name).filter((name) => name !== 'id' && !(name in changed));
  await here.service.database.sql(
    `INSERT INTO ${table} (id, ${[...same, ...Object.keys(changed)].join(', ')})
     SELECT 'earlier_' || n, ${[...same, ...Object.values(changed)].join(', ')}
     FROM ${table} CROSS JOIN generate_series(1, ${EARLIER}) AS n WHERE id = $1`,
    [id],
  );
}

/** How many rows of the tables that grow it reads. */
async function rowsRead(work: (client: pg.PoolClient) => Promise<unknown>): Promise<number> {
  const client = await here.db.pool.connect();
  try {
    // What the connection has read before is not counted any more.
    await client.query('SELECT pg_stat_force_next_flush()');
    await client.query('BEGIN');
    await work(client);
    const { rows } = await client.query<{ read: number }>(
      `SELECT sum(COALESCE(seq_tup_read, 0) + COALESCE(idx_tup_fetch, 0))::int AS read
       FROM pg_stat_xact_user_tables WHERE relname IN ('job', 'session', 'webhook_message')`,
    );
    return rows[0]?.read ?? 0;
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

/** What a worker asks for many jobs at once, here for these two. */
function sharedStatements(jobs: readonly JobRecord[]): [string, (client: pg.PoolClient) => Promise<unknown>][] {
  const asks = jobs.map(({ id }) => ({ jobId: id, dispatchNo: 1 }));
  const progress = NO_PROGRESS;
  return [
    ['claims', (client) => claimJobs(client, asks, { worker: 'me', nemoTokenHash: null })],
    [
      'heartbeats',
      (client) =>
        heartbeat(
          client,
          jobs.map(({ id, owner }) => ({ jobId: id, owner, progress })),
        ),
    ],
    ['looks at renders', (client) => waitingRenders(client, asks, TURN_MS)],
    [
      'looks that found nothing',
      (client) =>
        parkAgain(
          client,
          jobs.map((job) => ({ job: waitingOf(job), progress, dueInMs: 1 })),
        ),
    ],
    [
      'writes',
      (client) =>
        writeJobs(
          client,
          jobs.map((job) => ({ job, change: { set: { progress }, mayBeLost: true } })),
        ),
    ],
    [
      'records of webhook attempts',
      (client) =>
        recordAttempts(
          client,
          jobs.map(({ id }) => attemptOf(id)),
        ),
    ],
    ['claims of webhook messages', (client) => claimDueMessages(client, WEBHOOK_ROOM, START, 1)],
    ['API keys', (client) => findApiKeys(client, ['none', 'neither'])],
  ];
}

const end = (job: JobRecord) => async (client: pg.PoolClient) => {
  if (!(await settleAlone(client, job, { status: 'succeeded', state: {} }))) throw new Error(`${job.id} did not end`);
};

function waitingOf(job: JobRecord): WaitingRender {
  const token = { token: null, token_expires_ms: null, client_id: null, user_id: null };
  return { ...job, account: { account_id: 'acc_one', kind: 'anonymous', ...token }, render_id: 'none' };
}

function attemptOf(messageId: string): AttemptRecord {
  return {
    messageId,
    endpointId: 'whe_none',
    attempt: 1,
    url: 'https://example.com',
    at: new Date(),
    statusCode: 204,
    durationMs: 1,
    error: null,
    response: '',
    status: 'delivered',
    retryInMs: null,
  };
}

it('what every job needs is planned once, and found in a few rows, with plans of an empty table', async () => {
  let job = await here.claimed();
  const jobs = [await here.claimed(), await here.claimed()];
  const shared = sharedStatements(jobs);
  // From the sixth time on a plan is kept.
  for (let n = 0; n < 6; n += 1) {
    await hasOverlap(here.db.pool, job, TURN_MS, 'ever');
    for (const [, ask] of shared) await rowsRead(ask);
    await rowsRead(end(job));
    job = await here.claimed();
  }
  await here.service.database.sql(`UPDATE job SET account_id = 'acc_one', sent_at = now() - interval '10 s'`);
  await addEarlier(job.id);

  for (const [what, ask] of shared) expect(await rowsRead(ask), what).toBeLessThan(FEW);
  let overlaps = false;
  const read = await rowsRead(async (client) => {
    overlaps = await hasOverlap(client, job, TURN_MS, 'ever');
  });
  expect([overlaps, read < FEW]).toEqual([true, true]);
  // All that was before was in its session.
  expect(await rowsRead(end(job))).toBeLessThan(FEW);

  const { rows } = await here.db.pool.query<{ name: string }>(
    'SELECT name FROM pg_prepared_statements WHERE custom_plans > 5',
  );
  expect(rows).toEqual([]);
});
