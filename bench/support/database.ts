import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Database, openDatabase } from '../../src/lib/db/database.ts';
import { startEmbeddedPostgres } from '../../src/local/embedded-postgres.ts';
import { migrate } from '../../src/migrate.ts';
import { SHORT } from './settings.ts';

export type BenchDatabase = { url: string; db: Database; stop(): Promise<void> };

/** A Postgres of its own with our tables, as it is shipped, fsync included; without it in the short form. */
export async function startDatabase(
  poolSize: number,
  { queueSchema = false }: { queueSchema?: boolean } = {},
): Promise<BenchDatabase> {
  const folder = await mkdtemp(path.join(tmpdir(), 'reelay-bench-'));
  const server = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres'), throwaway: SHORT });
  await migrate(server.url, { queueSchema });
  const db = openDatabase(server.url, { poolSize, onError: () => undefined });
  return {
    url: server.url,
    db,
    async stop() {
      await db.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
