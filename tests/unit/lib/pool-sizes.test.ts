import { expect, it } from 'vitest';
import { mostConnections } from '../../../src/lib/pool-sizes.ts';

const inPostgres = { QUEUE_STORE: { redis: undefined } };
const inRedis = { QUEUE_STORE: { redis: { url: 'redis://any' } } };

it('the connections of a process are those of its halves, and the queue has none where it is in Redis', () => {
  expect(mostConnections(['api'], inPostgres)).toEqual({ database: 10, queue: 8, total: 18 });
  expect(mostConnections(['worker'], inPostgres)).toEqual({ database: 20, queue: 10, total: 30 });
  expect(mostConnections(['api', 'worker'], inPostgres)).toEqual({ database: 30, queue: 18, total: 48 });
  expect(mostConnections(['worker'], inRedis)).toEqual({ database: 20, queue: 0, total: 20 });
  expect(mostConnections(['api', 'worker'], { ...inRedis, DATABASE_POOL_SIZE: 5 })).toMatchObject({ total: 10 });
});
