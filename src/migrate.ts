import { migrateDatabase } from './lib/db/migrate.ts';
import { migrateQueue } from './lib/queue/migrate-queue.ts';
import { onOneConnection } from './one-connection.ts';

/**
 * Brings a database up to date: our tables, and with `queueSchema` BullMQ's as well (needed where no Redis is used).
 * Safe to run from several processes at once. Throws the database's error when it cannot be reached or changed.
 */
export async function migrate(databaseUrl: string, options: { queueSchema: boolean }): Promise<void> {
  await onOneConnection(databaseUrl, async (client) => {
    await migrateDatabase(client);
    if (options.queueSchema) await migrateQueue(client);
  });
}
