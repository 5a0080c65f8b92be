import pg from 'pg';
import { migrateDatabase } from './lib/db/migrate.ts';
import { migrateQueue } from './lib/queue/migrate-queue.ts';

/** How long one attempt to connect may take, in ms: a database that is up answers within milliseconds. */
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Brings a database up to date: our tables, and with `queueSchema` BullMQ's as well (needed where no Redis is used).
 * Safe to run from several processes at once. Throws the database's error when it cannot be reached or changed.
 */
export async function migrate(databaseUrl: string, options: { queueSchema: boolean }): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  // A connection lost in the middle fails the statement under way; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await migrateDatabase(client);
    if (options.queueSchema) await migrateQueue(client);
  } finally {
    await client.end();
  }
}
