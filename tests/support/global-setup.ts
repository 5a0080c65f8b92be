import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../src/migrate.ts';
import { storesOf } from './stores.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The server that the test databases are made on. */
    adminUrl: string;
    /** The migrated database that they are copies of. */
    template: string;
    backend: 'postgres' | 'redis';
    /** The Redis that tests share, a database for each test worker; null: each starts a server of its own. */
    redisUrl: string | null;
  }
}

const TEMPLATE = 'reelay_template';
/** Those whose tests use a Redis. */
const WITH_REDIS = ['integration-redis', 'e2e'];

/** The stores for a project's tests (stores.ts), with a migrated database to copy. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { adminUrl, redisUrl, stop } = await storesOf().start(WITH_REDIS.includes(project.name));
  const template = `${TEMPLATE}_${process.pid}_${project.name.replaceAll('-', '_')}`;

  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`DROP DATABASE IF EXISTS ${template}`);
  await admin.query(`CREATE DATABASE ${template}`);
  await migrate(databaseUrl(adminUrl, template), { queueSchema: true });

  project.provide('adminUrl', adminUrl);
  project.provide('template', template);
  project.provide('backend', project.name.endsWith('redis') ? 'redis' : 'postgres');
  project.provide('redisUrl', redisUrl);
  return async () => {
    await admin.query(`DROP DATABASE IF EXISTS ${template}`);
    await admin.end();
    await stop();
  };
}

/** The URL of another database on the same server. */
export function databaseUrl(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}
