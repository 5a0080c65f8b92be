import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createSubmission } from '../../src/lib/commands/submit-job.ts';
import { type Database, openDatabase } from '../../src/lib/db/database.ts';
import type { NewJob } from '../../src/lib/db/insert-jobs.ts';
import { createQueueRoom } from '../../src/lib/db/queue-room.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createDatabase();
  db = openDatabase(database.url, { poolSize: 2, onError: () => undefined });
  await database.sql("INSERT INTO tenant (id, webhook_secret) VALUES ('default', '')");
});
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

function newJob(prompt: string): NewJob {
  return {
    tenantId: 'default',
    type: 'generate',
    skill: 'nemo-video',
    language: 'en',
    input: { prompt, language: 'en', export: null },
    sessionId: null,
    metadata: {},
    priority: 0,
    webhook: null,
    clientReference: null,
    startTimeoutS: null,
    deadlineS: null,
    waitForCredits: false,
    requestId: 'req_1',
    traceparent: null,
  };
}

const keyOf = (key: string) => ({ tenantId: 'default', route: 'POST /v1/jobs', key, fingerprint: key });

/** The pool, whose first `lost` inserts of jobs are committed and never answered. */
function losing(lost: number): pg.Pool {
  let left = lost;
  const query = async (statement: pg.QueryConfig, values?: unknown[]) => {
    const result = await db.pool.query(statement, values);
    if (!statement.name?.startsWith('insert_') || left === 0) return result;
    left -= 1;
    throw new Error('the answer was lost');
  };
  return { query } as unknown as pg.Pool;
}

it.each([
  ['of none of them is lost', 0],
  ['of all of them is lost', 1],
  ['and that of one of the repeats are lost', 2],
])('jobs that share a statement are stored once each, where the answer %s', async (_, lost) => {
  const { submit } = createSubmission(losing(lost), createQueueRoom(db.pool, 1_000));
  const prompts = [1, 2, 3].map((n) => `Clip ${n} of ${lost}`);
  const jobs = await Promise.allSettled(prompts.map((prompt) => submit(newJob(prompt), keyOf(prompt))));

  const stored = await database.sql<{ id: string; prompt: string }>(
    "SELECT id, input->>'prompt' AS prompt FROM job WHERE input->>'prompt' = ANY ($1) ORDER BY 2",
    [prompts],
  );
  expect(stored.map(({ prompt }) => prompt)).toEqual(prompts);
  const answered = jobs.flatMap((job) => (job.status === 'fulfilled' ? [job.value.id] : []));
  // A statement is repeated once: whoever loses two answers is told so, and asks again with its key.
  expect(answered).toHaveLength(lost === 2 ? 2 : 3);
  expect(stored.map(({ id }) => id).filter((id) => answered.includes(id))).toEqual(answered);
  const keys = await database.sql<{ ids: string[] }>(
    'SELECT resource_ids AS ids FROM idempotency_key WHERE key = ANY ($1) ORDER BY key',
    [prompts],
  );
  expect(keys.flatMap(({ ids }) => ids)).toEqual(stored.map(({ id }) => id));
});
