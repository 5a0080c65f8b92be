import { afterAll, beforeAll, expect, it } from 'vitest';
import { createWaker, listenForJobs } from '../../src/lib/db/wake.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait-for.ts';

const log = createLogger('silent', 'test');
let database: TestDatabase;
beforeAll(async () => {
  database = await createDatabase();
});
afterAll(() => database.drop());

/** What `createWaker` needs of a database; counts the hints that it gives. */
const counted = () => {
  const hints = { count: 0 };
  const query = async (text: string) => {
    hints.count += 1;
    await database.sql(text);
    return { rows: [] };
  };
  return { hints, db: { query } as unknown as Parameters<typeof createWaker>[0] };
};

it('who listens hears of new jobs, also after its connection broke', async () => {
  let heard = 0;
  const listener = listenForJobs(database.url, () => (heard += 1), log);
  const waker = createWaker(counted().db, log);
  try {
    await waitFor('the first look', async () => heard === 1);
    waker.wake();
    await waitFor('a hint', async () => heard === 2);

    await database.sql(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE application_name = 'reelay-wake' AND datname = current_database()`,
    );
    // What came while nobody listened is looked for.
    await waitFor('the look after it', async () => heard === 3);
    waker.wake();
    await waitFor('a hint again', async () => heard === 4);
  } finally {
    await waker.stop();
    await listener.stop();
  }
});

it('many new jobs are few hints, and the last job is never without one', async () => {
  const { db, hints } = counted();
  const waker = createWaker(db, log);
  for (let n = 0; n < 1_000; n += 1) waker.wake();
  await waitFor('the hints', async () => hints.count > 0);
  const before = hints.count;
  expect(before).toBeLessThanOrEqual(2);
  waker.wake();
  await waitFor('another hint', async () => hints.count > before);
  await waker.stop();
});
