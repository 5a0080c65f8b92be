import pg from 'pg';
import { awaitStore, type Wait } from '../await-store.ts';
import { missingMigrations } from './migrate.ts';
import { isUnreachable } from './unreachable.ts';

/** Connecting takes milliseconds; what takes longer is asked again. In ms. */
const CONNECT_TIMEOUT_MS = 4_000;

/** The database answers, but was not brought up to this version yet. */
class NotMigrated extends Error {
  override readonly name = 'NotMigrated';
}

/**
 * Waits until the database lets us in and, with `migrated`, has all our migrations. Throws as `awaitStore` does.
 */
export function awaitDatabase(databaseUrl: string, options: { migrated: boolean }, wait: Wait): Promise<void> {
  const ask = async () => {
    const client = new pg.Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    // Without a listener, a connection lost between two statements would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      const missing = options.migrated ? await missingMigrations(client) : [];
      if (missing.length > 0) throw new NotMigrated(`it lacks ${missing.join(', ')}; run the role migrate`);
    } finally {
      await client.end();
    }
  };
  const isAway = (error: unknown) => isUnreachable(error) || error instanceof NotMigrated;
  return awaitStore({ name: 'database', ask, isAway }, wait);
}
