import { queuePoolSize } from './queue/backend.ts';

/** Connections for our own statements: the hot ones take a millisecond or two, so a few serve thousands of jobs. */
const DATABASE_POOL = { api: 10, worker: 20 } as const;
/** Queue workers that wait for entries, each on a connection of its own. */
export const QUEUE_WORKERS = { api: 0, worker: 2 } as const;

/** The two halves of Reelay; the role `all` is both. */
export type Half = keyof typeof DATABASE_POOL;

type Settings = { DATABASE_POOL_SIZE?: number | undefined; QUEUE_STORE: { redis: unknown } };

/** How many connections to Postgres one half holds at most, by pool. The queue has none where it is in Redis. */
export function poolSizes(half: Half, config: Settings): { database: number; queue: number } {
  return {
    database: config.DATABASE_POOL_SIZE ?? DATABASE_POOL[half],
    queue: config.QUEUE_STORE.redis === undefined ? queuePoolSize(QUEUE_WORKERS[half]) : 0,
  };
}

/** The same for a process; those of all processes must stay below the server's `max_connections` together. */
export function mostConnections(halves: readonly Half[], config: Settings) {
  const most = { database: 0, queue: 0, total: 0 };
  for (const { database, queue } of halves.map((half) => poolSizes(half, config))) {
    most.database += database;
    most.queue += queue;
    most.total += database + queue;
  }
  return most;
}
