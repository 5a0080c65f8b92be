import { type ConnectionOptions, createPostgresBackend, type Processor, Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { ENTRY_OPTIONS, type Payload, type QueueName, WATCH_OPTIONS } from './catalog.ts';

/** Keys in Redis start with this; the braces keep them on one node of a cluster. */
const REDIS_PREFIX = '{reelay}';
/** Connections beside the one that every Worker holds to listen: for adds, moves and finishes. */
const SHARED_CONNECTIONS = 8;

type QueueWorker = Pick<Worker<Payload, void>, 'close' | 'cancelAllJobs' | 'waitUntilReady'>;

export type QueueBackend = {
  kind: 'redis' | 'postgres';
  queue(name: QueueName): Queue<Payload>;
  worker(name: QueueName, processor: Processor<Payload, void>, options: { concurrency: number }): QueueWorker;
  /** Throws when the store does not answer; waits while the connection to it is being made. */
  ping(): Promise<void>;
  /** Closes the connections; the queues and workers made here must be closed before. */
  close(): Promise<void>;
};

/** Where the queue lives: in Redis when there is a URL, else in the database (BullMQ's Postgres backend). */
export function openQueueBackend(
  where: { redisUrl: string | undefined; databaseUrl: string; workers: number },
  onError: (error: Error) => void,
): QueueBackend {
  const { connection, ping, close } =
    where.redisUrl === undefined
      ? openPostgres(where.databaseUrl, where.workers, onError)
      : openRedis(where.redisUrl, onError);
  // BullMQ takes the backend as a separate factory whose types do not meet those of its Redis default.
  const factory = (where.redisUrl === undefined ? [createPostgresBackend] : []) as [];
  const common = { connection: connection as ConnectionOptions, prefix: REDIS_PREFIX };
  return {
    kind: where.redisUrl === undefined ? 'postgres' : 'redis',
    queue(name) {
      const queue = new Queue<Payload>(name, { ...common, defaultJobOptions: ENTRY_OPTIONS }, ...factory);
      // Without a listener, the first lost connection would end the process.
      queue.on('error', onError);
      return queue as Queue<Payload>;
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
    ping,
    close,
  };
}

type Connection = { connection: unknown; ping(): Promise<void>; close(): Promise<void> };

function openRedis(url: string, onError: (error: Error) => void): Connection {
  const connection = new Redis(url, { maxRetriesPerRequest: null });
  connection.on('error', onError);
  return {
    connection,
    ping: async () => void (await connection.ping()),
    close: async () => connection.disconnect(),
  };
}

/** One pool for all: BullMQ would make one for every Queue and Worker, and use up the server's connections. */
function openPostgres(url: string, workers: number, onError: (error: Error) => void): Connection {
  const connection = new pg.Pool({
    connectionString: url,
    max: workers + SHARED_CONNECTIONS,
    options: '-c search_path=bullmq',
    application_name: 'reelay-queue',
  });
  connection.on('error', onError);
  return { connection, ping: async () => void (await connection.query('SELECT 1')), close: () => connection.end() };
}
