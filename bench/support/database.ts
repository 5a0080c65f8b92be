import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Database, openDatabase } from '../../src/lib/db/database.ts';
import { startEmbeddedPostgres } from '../../src/local/embedded-postgres.ts';
import { migrate } from '../../src/migrate.ts';
import { SHORT } from './settings.ts';

/** A Postgres of its own with our tables, as it is shipped, fsync included; without it in the short form. */
export async function startDatabase(poolSize: number): Promise<{ db: Database; stop(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'reelay-bench-'));
  const server = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres'), throwaway: SHORT });
  await migrate(server.url, { queueSchema: false });
  const db = openDatabase(server.url, { poolSize, onError: () => undefined });
  return {
    db,
    async stop() {
      await db.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
