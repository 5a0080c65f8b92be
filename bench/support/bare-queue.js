import { createPostgresBackend } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';

/** The store of the queue as BullMQ comes, with a prefix of its own. */
export function openBareQueue() {
  const { REDIS_URL, DATABASE_URL } = process.env;
  const connection = REDIS_URL
    ? new Redis(REDIS_URL, { maxRetriesPerRequest: null })
    : new pg.Pool({ connectionString: DATABASE_URL, max: 10, options: '-c search_path=bullmq' });
  return {
    common: { connection: /** @type {any} */ (connection), prefix: '{bare}' },
    factory: /** @type {[]} */ (/** @type {unknown} */ (REDIS_URL ? [] : [createPostgresBackend])),
  };
}
