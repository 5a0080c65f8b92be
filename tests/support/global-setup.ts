import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { startEmbeddedPostgres } from '../../src/local/embedded-postgres.ts';
import { migrate } from '../../src/migrate.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server that the test databases are made on. */
    adminUrl: string;
    /** The migrated database that they are copies of. */
    template: string;
    backend: 'postgres' | 'redis';
  }
}

const TEMPLATE = 'reelay_template';

/** One Postgres for a project's tests, with a migrated database to copy: embedded, or the server of TEST_DATABASE_URL. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const external = process.env.TEST_INFRA === 'external' ? process.env.TEST_DATABASE_URL : undefined;
  const folder = await mkdtemp(join(tmpdir(), 'reelay-test-'));
  const server = external ? null : await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), throwaway: true });
  const adminUrl = external ?? server?.adminUrl ?? '';
  const template = `${TEMPLATE}_${process.pid}_${project.name.replaceAll('-', '_')}`;

  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${template}`);
  await admin.query(`CREATE DATABASE ${template}`);
  await migrate(databaseUrl(adminUrl, template), { queueSchema: true });

  project.provide('adminUrl', adminUrl);
  project.provide('template', template);
  project.provide('backend', project.name.endsWith('redis') ? 'redis' : 'postgres');
  return async () => {
    await admin.query(`DROP DATABASE IF EXISTS ${template}`);
    await admin.end();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  };
}

/** The URL of another database on the same server. */
export function databaseUrl(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** Whether the tests can have a Redis: a server to start, or one that REDIS_URL names. */
export function hasRedis(): boolean {
  return process.env.REDIS_URL !== undefined || spawnSync('redis-server', ['--version']).status === 0;
}
