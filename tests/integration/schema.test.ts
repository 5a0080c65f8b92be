import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { awaitDatabase } from '../../src/lib/db/await-database.ts';
import { openDatabase } from '../../src/lib/db/database.ts';
import { Prisma } from '../../src/lib/db/generated/client.ts';
import { MigrationConflict, migrateDatabase } from '../../src/lib/db/migrate.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
});

afterAll(() => database?.drop());

it('every model can be read: the migrations and the Prisma schema agree', async () => {
  const db = openDatabase(database.url, { poolSize: 1, onError: () => undefined });
  const models = Object.keys(Prisma.ModelName);
  expect(models).toContain('job');
  for (const name of models) expect(await db.prisma[name as 'job'].findMany({ take: 1 })).toEqual([]);
  await db.close();
});

describe('the migration runner', () => {
  const withClient = async <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    return work(client).finally(() => client.end());
  };

  it('has nothing to do a second time, also from several processes at once', async () => {
    const runs = await Promise.all([
      withClient(migrateDatabase),
      withClient(migrateDatabase),
      withClient(migrateDatabase),
    ]);
    expect(runs).toEqual([[], [], []]);
  });

  it('records what Prisma records', async () => {
    const [entry] = await database.sql('SELECT * FROM _prisma_migrations');
    expect(entry).toMatchObject({
      checksum: expect.stringMatching(/^[0-9a-f]{64}$/),
      finished_at: expect.any(Date),
      rolled_back_at: null,
      applied_steps_count: 1,
    });
  });

  it('leaves a newer database alone, and processes of this version start on it', async () => {
    await database.sql(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES ('newer', 'unknown', '99990101000000_of_a_version_to_come', now(), 1)`,
    );
    expect(await withClient(migrateDatabase)).toEqual([]);
    await awaitDatabase(database.url, { migrated: true }, { limitMs: 0, log: createLogger('silent', 'test') });
  });

  it('refuses to go on after a migration that was edited', async () => {
    await database.sql("UPDATE _prisma_migrations SET checksum = 'other'");
    await expect(withClient(migrateDatabase)).rejects.toThrow(MigrationConflict);
  });
});
