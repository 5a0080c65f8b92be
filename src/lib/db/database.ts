import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { faultPoint } from '../fault-point.ts';
import { openPool } from '../open-pool.ts';
import { PLANNER } from '../planner-settings.ts';
import { PrismaClient } from './generated/client.ts';

/** Anything that runs SQL: the pool, or one connection inside a transaction. */
export type Queryable = Pick<pg.ClientBase, 'query'>;

/** One pool, used in two ways: `prisma` for plain reads and records, `pool` for the hot paths in SQL. */
export type Database = {
  pool: pg.Pool;
  prisma: PrismaClient;
  close(): Promise<void>;
};

/** Connecting takes milliseconds; a caller should hear of a dead database before its own clients give up. In ms. */
const CONNECT_TIMEOUT_MS = 5_000;
/** No statement of ours is meant to take longer; one that does holds locks that others need. In ms. */
const STATEMENT_TIMEOUT_MS = 30_000;

/** The server ends a statement before; whoever hears nothing by then has lost the server without being told. In ms. */
const ANSWER_TIMEOUT_MS = 35_000;

/**
 * A process that is frozen in the middle of a transaction must not hold its locks for as long; longer than the one call
 * that we make inside of one, for a token (20 s). In ms.
 */
const IDLE_TRANSACTION_TIMEOUT_MS = 30_000;

/** @param onError is told of connections that break while idle (a restart of the server, say). */
export function openDatabase(url: string, options: { poolSize: number; onError(error: Error): void }): Database {
  const pool = openPool(
    {
      connectionString: url,
      max: options.poolSize,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      query_timeout: ANSWER_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_TRANSACTION_TIMEOUT_MS,
      options: PLANNER,
      application_name: 'reelay',
    },
    options.onError,
  );
  const prisma = new PrismaClient({ adapter: new PrismaPg(pool, { disposeExternalPool: false }) });
  return {
    pool,
    prisma,
    async close() {
      await prisma.$disconnect();
      await pool.end();
    },
  };
}

/** Runs `work` in one transaction on one connection; whatever it throws rolls back and is thrown on. */
export async function transaction<T>(pool: pg.Pool, work: (client: Queryable) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    const result = await work(client);
    faultPoint('transaction.committing');
    await client.query('COMMIT');
    faultPoint('transaction.committed');
    client.release();
    return result;
  } catch (error) {
    // A connection that cannot even roll back is broken: it is thrown away instead of going back to the pool.
    const broken = await client.query('ROLLBACK').then(
      () => false,
      () => true,
    );
    client.release(broken);
    throw error;
  }
}

/** The one clock that all processes share. */
export async function databaseNow(db: Queryable): Promise<Date> {
  const { rows } = await db.query<{ now: Date }>('SELECT now() AS now');
  if (!rows[0]) throw new Error('the database did not tell the time');
  return rows[0].now;
}
