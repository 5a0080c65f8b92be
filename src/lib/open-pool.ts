import pg from 'pg';

/**
 * An unused connection is closed after so long. One that is opened anew logs in, and plans every statement some times
 * before it keeps the plan: a second of a core for a worker's. Shorter than what sits in between (a NAT, a load
 * balancer) lets a silent connection live, which is 4 minutes and more. In ms.
 */
const IDLE_TIMEOUT_MS = 120_000;

/**
 * A pool whose connections may break at any moment without ending the process. While one is idle `onError` is told of
 * it; the pool itself does not listen to one that somebody holds, be it we, Prisma or BullMQ: there the next statement
 * fails, which is how its holder hears of it.
 */
export function openPool(config: pg.PoolConfig, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({ idleTimeoutMillis: IDLE_TIMEOUT_MS, ...config });
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', leaveToNextStatement));
  return pool;
}

const leaveToNextStatement = () => undefined;
