import type pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPool } from '../../src/lib/open-pool.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { waitFor } from '../support/wait-for.ts';

let database: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  database = await createDatabase();
  pool = openPool({ connectionString: database.url, max: 1 }, () => undefined);
});

afterAll(async () => {
  await pool?.end();
  await database?.drop();
});

it('a connection that breaks while somebody holds it, as BullMQ does in its transactions, does not end the process', async () => {
  const held = await pool.connect();
  const { rows } = await held.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const isThere = 'SELECT FROM pg_stat_activity WHERE pid = $1';
  // Without a listener, the run itself fails here: an error that nobody listens to is an uncaught exception.
  await database.sql('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
  await waitFor('its end', async () => (await database.sql(isThere, [rows[0]?.pid])).length === 0);
  await expect(held.query('SELECT 1')).rejects.toThrow();
  held.release(true);
  expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
});
