import { type ConnectionOptions, createPostgresBackend, type Processor, Queue, Worker } from 'bullmq';
import type { Lane } from '../domain/job.ts';
import { openPool } from '../open-pool.ts';
import { PLANNER } from '../planner-settings.ts';
import { ENTRY_OPTIONS, type Payload, WATCH_OPTIONS } from './catalog.ts';
import { connectRedis, evictionPolicy, type RedisAddress } from './redis.ts';

/** Keys in Redis start with this; the braces keep them on one node of a cluster. */
const REDIS_PREFIX = '{reelay}';
/** For those who only look: what asks a Redis that is away fails after so many new tries to connect. */
const LOOK_RETRIES = 1;
/** Connections beside the one that every Worker holds to listen: for adds, moves and finishes. */
const SHARED_CONNECTIONS = 8;

/** Where the queues are: in Redis where there is an address, else in the database (BullMQ's Postgres backend). */
export type QueueStore = { redis: RedisAddress | undefined; databaseUrl: string };

type QueueWorker = Pick<Worker<Payload, void>, 'close' | 'waitUntilReady'>;

export type QueueBackend = {
  kind: 'redis' | 'postgres';
  queue(name: Lane): Queue<Payload>;
  worker(name: Lane, processor: Processor<Payload, void>, options: { concurrency: number }): QueueWorker;
  /** Throws when the store does not answer; waits while the connection to it is being made. */
  ping(): Promise<void>;
  /** Redis' `maxmemory-policy`; null where there is none to tell. */
  evictionPolicy(): Promise<string | null>;
  /** Closes the connections; the queues and workers made here must be closed before. */
  close(): Promise<void>;
};

/** How many connections to Postgres a process with so many queue workers needs at most, where the queues are there. */
export function queuePoolSize(workers: number): number {
  return workers + SHARED_CONNECTIONS;
}

/**
 * Opens the store of the queues.
 * @param where.workers how many will be made; 0 for one that only looks, and had better fail than wait.
 */
export function openQueueBackend(
  where: QueueStore & { workers: number },
  onError: (error: Error) => void,
): QueueBackend {
  const { connection, ...store } =
    where.redis === undefined
      ? openPostgres(where.databaseUrl, where.workers, onError)
      : openRedis(where.redis, where.workers === 0 ? LOOK_RETRIES : null, onError);
  // BullMQ takes the backend as a separate factory whose types do not meet those of its Redis default.
  const factory = (where.redis === undefined ? [createPostgresBackend] : []) as [];
  const common = { connection: connection as ConnectionOptions, prefix: REDIS_PREFIX };
  return {
    kind: where.redis === undefined ? 'postgres' : 'redis',
    queue(name) {
      const queue = new Queue<Payload>(name, { ...common, defaultJobOptions: ENTRY_OPTIONS }, ...factory);
      // Without a listener, the first lost connection would end the process.
      queue.on('error', onError);
      return queue;
    },
    worker(name, processor, options) {
      const worker = new Worker<Payload, void>(
        name,
        processor,
        { ...common, ...WATCH_OPTIONS, ...options },
        ...factory,
      );
      worker.on('error', onError);
      return worker;
    },
    ...store,
  };
}

type Connection = { connection: unknown } & Pick<QueueBackend, 'ping' | 'evictionPolicy' | 'close'>;

function openRedis(address: RedisAddress, retries: number | null, onError: (error: Error) => void): Connection {
  const connection = connectRedis(address, retries);
  connection.on('error', onError);
  return {
    connection,
    ping: async () => void (await connection.ping()),
    evictionPolicy: () => evictionPolicy(connection),
    close: async () => connection.disconnect(),
  };
}

/**
 * One pool for all: BullMQ would make one for every Queue and Worker, and use up the server's connections. Nobody waits
 * for the disk: the queue may forget everything, as in Redis.
 */
function openPostgres(url: string, workers: number, onError: (error: Error) => void): Connection {
  const connection = openPool(
    {
      connectionString: url,
      max: queuePoolSize(workers),
      options: `-c search_path=bullmq -c synchronous_commit=off ${PLANNER}`,
      application_name: 'reelay-queue',
    },
    onError,
  );
  return {
    connection,
    ping: async () => void (await connection.query('SELECT 1')),
    evictionPolicy: async () => null,
    close: () => connection.end(),
  };
}
