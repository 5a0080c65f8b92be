import pg from 'pg';

/**
 * A pool whose connections may break at any moment without ending the process. While one is idle `onError` is told of
 * it; the pool itself does not listen to one that somebody holds, be it we, Prisma or BullMQ: there the next statement
 * fails, which is how its holder hears of it.
 */
export function openPool(config: pg.PoolConfig, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool(config);
  pool.on('error', onError);
  pool.on('connect', (client) => client.on('error', leaveToNextStatement));
  return pool;
}

const leaveToNextStatement = () => undefined;
