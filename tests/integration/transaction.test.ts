import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Database, openDatabase, transaction } from '../../src/lib/db/database.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait-for.ts';

let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createDatabase();
  db = openDatabase(database.url, { poolSize: 2, onError: () => undefined });
});

afterAll(async () => {
  await db?.close();
  await database?.drop();
});

it('a connection that is lost between two statements fails the transaction, and nothing else', async () => {
  const lost = transaction(db.pool, async (client) => {
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const pid = rows[0]?.pid;
    const isThere = 'SELECT FROM pg_stat_activity WHERE pid = $1';
    await database.sql('SELECT pg_terminate_backend($1)', [pid]);
    await waitFor('its end', async () => (await database.sql(isThere, [pid])).length === 0);
    await client.query('SELECT 1');
  });
  await expect(lost).rejects.toThrow();
  expect(await transaction(db.pool, async (client) => (await client.query('SELECT 1 AS one')).rows)).toEqual([
    { one: 1 },
  ]);
});
