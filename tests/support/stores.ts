import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/local/embedded-postgres.ts';

/** What the tests of one project share. */
export type Stores = {
  /** The server that the test databases are made on. */
  adminUrl: string;
  /** Null: each test that wants a Redis starts a server of its own. */
  redisUrl: string | null;
  stop(): Promise<void>;
};

type Kind = {
  /** Whether tests can have a Redis. */
  hasRedis(): boolean;
  /** @param redis whether one is needed. Throws a sentence where the stores cannot be had. */
  start(redis: boolean): Promise<Stores>;
};

/** As many as an embedded server that is thrown away takes: a dozen services have their pools there at once. */
const MAX_CONNECTIONS = 500;
/** One for each test worker, as `startRedis` takes them. */
const REDIS_DATABASES = 64;

/** Where Postgres and Redis come from, by TEST_INFRA. */
const KINDS: Record<string, Kind> = {
  /** A Postgres of ours, and a `redis-server` where there is one. */
  embedded: {
    hasRedis: () => givenRedis() !== null || spawnSync('redis-server', ['--version']).status === 0,
    async start() {
      const folder = await mkdtemp(join(tmpdir(), 'reelay-test-'));
      const server = await startEmbeddedPostgres({ dataDir: join(folder, 'postgres'), throwaway: true });
      await weakenPassword(server.adminUrl);
      return {
        adminUrl: server.adminUrl,
        redisUrl: givenRedis(),
        async stop() {
          await server.stop();
          await rm(folder, { recursive: true, force: true });
        },
      };
    },
  },
  /** The images of docker-compose.yml, in Docker. */
  containers: {
    hasRedis: () => true,
    async start(redis) {
      const { GenericContainer, Wait } = await import('testcontainers');
      const postgres = new GenericContainer('postgres:17')
        .withEnvironment({ POSTGRES_PASSWORD: 'test' })
        .withCommand(['postgres', '-c', 'fsync=off', '-c', `max_connections=${MAX_CONNECTIONS}`])
        .withTmpFs({ '/var/lib/postgresql/data': 'rw' })
        .withExposedPorts(5432)
        // Once for the server that makes the cluster, once for the real one.
        .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2));
      const queue = new GenericContainer('redis:8')
        .withCommand(['redis-server', '--save', '', '--databases', String(REDIS_DATABASES)])
        .withExposedPorts(6379)
        .withWaitStrategy(Wait.forLogMessage('Ready to accept connections'));
      const wanted = redis ? [postgres, queue] : [postgres];
      const [database, cache] = await Promise.all(wanted.map((container) => container.start())).catch((cause) => {
        throw new Error(`TEST_INFRA=containers needs a Docker engine with its images (see \`docker info\`): ${cause}`, {
          cause,
        });
      });
      const addressOf = (started: typeof database, port: number) =>
        `${started?.getHost()}:${started?.getMappedPort(port)}`;
      return {
        adminUrl: `postgresql://postgres:test@${addressOf(database, 5432)}/postgres`,
        redisUrl: cache ? `redis://${addressOf(cache, 6379)}` : null,
        stop: async () => void (await Promise.all([database?.stop(), cache?.stop()])),
      };
    },
  },
  /** Servers that are there: TEST_DATABASE_URL, whose user may make databases, and REDIS_URL. */
  external: {
    hasRedis: () => givenRedis() !== null,
    async start() {
      const adminUrl = process.env.TEST_DATABASE_URL;
      if (!adminUrl)
        throw new Error('TEST_INFRA=external needs TEST_DATABASE_URL, and REDIS_URL for the tests with Redis.');
      return { adminUrl, redisUrl: givenRedis(), stop: async () => undefined };
    },
  },
};

/** The stores that TEST_INFRA names; embedded by default. */
export function storesOf(env: Record<string, string | undefined> = process.env): Kind {
  const name = env.TEST_INFRA || 'embedded';
  const kind = KINDS[name];
  if (!kind) throw new Error(`TEST_INFRA=${name}: it can be ${Object.keys(KINDS).join(', ')}.`);
  return kind;
}

/** Tests connect thousands of times, each time with thousands of rounds of a hash that protects nothing here: one will do. */
async function weakenPassword(adminUrl: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query('SET scram_iterations = 1');
  await admin.query(`ALTER ROLE CURRENT_USER PASSWORD ${pg.escapeLiteral(new URL(adminUrl).password)}`);
  await admin.end();
}

/** A Redis for the tests alone: its databases are emptied. */
function givenRedis(): string | null {
  return process.env.REDIS_URL || null;
}
