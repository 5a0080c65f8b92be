import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';
import type { Queryable } from './database.ts';

/** Prisma's own advisory lock for migrations: whoever migrates, with whichever tool, waits for the other. */
const PRISMA_MIGRATION_LOCK = 72_707_369;

/** Two levels of build output and of sources lie equally deep, so this holds for src/ and dist/ alike. */
const MIGRATIONS_FOLDER = new URL('../../../prisma/migrations/', import.meta.url);

/** A migration that was applied here reads differently now, or failed half way under another tool. */
export class MigrationConflict extends Error {
  override readonly name = 'MigrationConflict';
}

/**
 * Applies the migrations under prisma/migrations that the database does not have, each in a transaction of its own,
 * and records them in `_prisma_migrations` as `prisma migrate deploy` would, so that the two can take turns.
 * @returns the names of those applied now. Throws MigrationConflict, or the database's own error.
 */
export async function migrateDatabase(client: pg.ClientBase): Promise<string[]> {
  await client.query('SELECT pg_advisory_lock($1)', [PRISMA_MIGRATION_LOCK]);
  try {
    await client.query(CREATE_LEDGER);
    const { rows } = await client.query<{ migration_name: string; checksum: string; finished_at: Date | null }>(
      'SELECT migration_name, checksum, finished_at FROM public._prisma_migrations WHERE rolled_back_at IS NULL',
    );
    const known = new Map(rows.map((row) => [row.migration_name, row]));
    const applied: string[] = [];
    for (const { name, sql, checksum } of await readMigrations()) {
      const entry = known.get(name);
      if (entry && entry.finished_at === null)
        throw new MigrationConflict(`migration ${name} was started and never finished`);
      if (entry && entry.checksum !== checksum)
        throw new MigrationConflict(`migration ${name} was edited after it was applied`);
      if (entry) continue;
      await applyMigration(client, name, sql, checksum);
      applied.push(name);
    }
    return applied;
  } finally {
    await client.query('SELECT pg_advisory_unlock($1)', [PRISMA_MIGRATION_LOCK]);
  }
}

/** The names of those migrations that the database does not have yet. */
export async function missingMigrations(db: Queryable): Promise<string[]> {
  const { rows: tables } = await db.query("SELECT WHERE to_regclass('public._prisma_migrations') IS NOT NULL");
  const { rows } =
    tables.length === 0
      ? { rows: [] }
      : await db.query<{ migration_name: string }>(
          'SELECT migration_name FROM public._prisma_migrations WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL',
        );
  const applied = new Set(rows.map((row) => row.migration_name));
  return (await migrationNames()).filter((name) => !applied.has(name));
}

async function applyMigration(client: pg.ClientBase, name: string, sql: string, checksum: string): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query('SET LOCAL search_path TO public');
    await client.query(sql);
    await client.query(
      `INSERT INTO public._prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count)
       VALUES ($1, $2, $3, now(), now(), 1)`,
      [randomUUID(), checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

async function migrationNames(): Promise<string[]> {
  const entries = await readdir(MIGRATIONS_FOLDER, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

async function readMigrations(): Promise<{ name: string; sql: string; checksum: string }[]> {
  const names = await migrationNames();
  return Promise.all(
    names.map(async (name) => {
      const sql = await readFile(new URL(`${name}/migration.sql`, MIGRATIONS_FOLDER), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** As Prisma creates it (its schema engine, `_prisma_migrations`). */
const CREATE_LEDGER = `
  CREATE TABLE IF NOT EXISTS public._prisma_migrations (
    id                  varchar(36) PRIMARY KEY NOT NULL,
    checksum            varchar(64) NOT NULL,
    finished_at         timestamptz,
    migration_name      varchar(255) NOT NULL,
    logs                text,
    rolled_back_at      timestamptz,
    started_at          timestamptz NOT NULL DEFAULT now(),
    applied_steps_count integer NOT NULL DEFAULT 0
  )`;
