import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/local/embedded-postgres.ts';
import { freePort } from '../../src/local/free-port.ts';
import { migrate } from '../../src/migrate.ts';
import { hasRedisServer } from '../chaos/own-stores.ts';
import { makeCertificates, rowsOf, type TestCertificates } from '../support/certificates.ts';
import { createClient } from '../support/client.ts';
import { SHORT_LIVED, startProgram } from '../support/program.ts';
import { serveRedis } from '../support/redis-server.ts';
import { startTestSandbox } from '../support/sandbox.ts';
import { waitFor } from '../support/wait-for.ts';

// Only servers that we start have the certificate.
const ours = hasRedisServer() && process.env.REDIS_URL === undefined;

const cleanUp: (() => unknown)[] = [];
let files: TestCertificates;
let postgres: EmbeddedPostgres;
let redisPort: number;

beforeAll(async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'reelay-tls-'));
  cleanUp.push(() => rm(folder, { recursive: true, force: true }));
  files = await makeCertificates(folder);
  postgres = await startEmbeddedPostgres({ dataDir: path.join(folder, 'postgres'), throwaway: true });
  cleanUp.push(() => postgres.stop());
  await migrate(postgres.url, { queueSchema: true });
  await turnOnTls(postgres.adminUrl);
  if (!ours) return;
  redisPort = await freePort();
  const tls = { 'tls-cert-file': files.cert, 'tls-key-file': files.key, 'tls-auth-clients': 'no' };
  const redis = await serveRedis({ port: 0, 'tls-port': redisPort, requirepass: 'secret', ...tls });
  cleanUp.push(() => redis.kill('SIGKILL'));
});

afterAll(async () => {
  for (const step of cleanUp.reverse()) await step();
});

/** The server writes its files itself, so that they are its own: it takes no others' key. From then on, TLS only. */
async function turnOnTls(adminUrl: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  for (const [name, file] of [
    ['server.crt', files.cert],
    ['server.key', files.key],
  ] as const)
    await admin.query(`COPY (${await rowsOf(file)}) TO PROGRAM 'umask 077; cat > ${name}'`);
  const hba = "SELECT 'hostssl all all 127.0.0.1/32 scram-sha-256'";
  await admin.query(`COPY (${hba}) TO PROGRAM 'cat > pg_hba.conf'`);
  await admin.query('ALTER SYSTEM SET ssl = on');
  await admin.query('SELECT pg_reload_conf()');
  await waitFor('TLS', async () => (await admin.query('SHOW ssl')).rows[0].ssl === 'on');
  await admin.end();
}

it.runIf(ours)('a job runs with Postgres and Redis over TLS, with a private authority and passwords', async () => {
  const sandbox = await startTestSandbox();
  cleanUp.push(() => sandbox.close());
  const key = `rk_${randomBytes(16).toString('base64url')}`;
  const env = {
    DATABASE_URL: `${postgres.url}?sslmode=verify-full&sslrootcert=${files.ca}`,
    REDIS_URL: `rediss://:secret@127.0.0.1:${redisPort}`,
    NODE_EXTRA_CA_CERTS: files.ca,
    NEMO_API_URL: sandbox.url,
    BOOTSTRAP_API_KEY: key,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    DATA_DIR: path.dirname(files.ca),
    PORT: '0',
    HOST: '127.0.0.1',
    START_TIMEOUT: '500ms',
  };
  const start = async (more: Record<string, string>) => {
    const program = await startProgram('dist/main.js', ['all'], { ...env, ...more }, SHORT_LIVED);
    cleanUp.push(() => program.kill('SIGKILL'));
    return program;
  };
  const unknown = start({ NODE_EXTRA_CA_CERTS: '' });
  await expect(unknown).rejects.toThrow(/The queue was not there within .*: .*unable to verify the first certificate/s);
  const noAuthority = start({ NODE_EXTRA_CA_CERTS: '', DATABASE_URL: `${postgres.url}?sslmode=verify-full` });
  await expect(noAuthority).rejects.toThrow('The certificate of the database is not trusted (sslrootcert in');

  const all = await start({ START_TIMEOUT: '30s' });
  const client = createClient(all.url, key);
  const { id } = await client.submit({ type: 'generate', prompt: 'A lock and a key' });
  expect(await client.ended(id, 40_000)).toMatchObject({ status: 'succeeded' });
});

/** null: let in. */
const MODES: Record<string, string | null> = {
  'sslmode=verify-full': 'unable to verify',
  'sslmode=require': 'unable to verify',
  'sslmode=disable': 'no pg_hba.conf entry',
  'sslmode=no-verify': null,
  'uselibpqcompat=true&sslmode=require': null,
};

it.each(Object.entries(MODES))(
  'a DATABASE_URL with %s, for an authority that nobody knows: %s',
  async (query, refusal) => {
    const client = new pg.Client({ connectionString: `${postgres.url}?${query}` });
    const secured = async () => {
      await client.connect();
      return (await client.query('SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()')).rows;
    };
    if (refusal === null) expect(await secured()).toEqual([{ ssl: true }]);
    else await expect(secured()).rejects.toThrow(refusal);
    await client.end();
  },
);
