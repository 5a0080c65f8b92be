import { afterAll, beforeAll, expect, it } from 'vitest';
import { creditsReading, recordCredits } from '../../src/lib/db/credits.ts';
import { type Database, openDatabase } from '../../src/lib/db/database.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

const THRESHOLD = 100;

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createDatabase();
  db = openDatabase(database.url, { poolSize: 1, onError: () => undefined });
});
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

const reading = (accountId: string, available: number) =>
  creditsReading({
    accountId,
    tenantId: `tenant_of_${accountId}`,
    jobId: null,
    credits: { available, frozen: 0, total: available },
  });

const told = (accountId: string) =>
  database.sql("SELECT body FROM event WHERE tenant_id = $1 AND type = 'credits.low'", [`tenant_of_${accountId}`]);

it('readings that are recorded together are all kept, in their order, and the last of each account says what is told', async () => {
  for (const id of ['falls', 'rises'])
    await database.sql("INSERT INTO account (id, kind) VALUES ($1, 'anonymous')", [id]);
  const readings = [reading('falls', 150), reading('rises', 50), reading('falls', 60), reading('rises', 200)];
  await recordCredits(db.pool, readings, THRESHOLD);

  const kept = await database.sql('SELECT account_id, available FROM credit_snapshot ORDER BY id');
  expect(kept).toEqual(
    readings.map(({ accountId, credits }) => ({ account_id: accountId, available: credits.available })),
  );
  expect(await told('falls')).toEqual([{ body: { available: 60, frozen: 0, total: 60, threshold: THRESHOLD } }]);
  expect(await told('rises')).toEqual([]);
});

it('the same readings again, after a lost answer, are neither kept nor told a second time', async () => {
  await database.sql("INSERT INTO account (id, kind) VALUES ('again', 'anonymous')");
  const low = [reading('again', 1)];
  for (let n = 0; n < 2; n += 1) await recordCredits(db.pool, low, THRESHOLD);
  expect(await database.sql("SELECT FROM credit_snapshot WHERE account_id = 'again'")).toHaveLength(1);
  expect(await told('again')).toHaveLength(1);
});
