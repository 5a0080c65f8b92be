import type { Service } from './service.ts';

/** Leaves nothing in the queues of either side. */
export async function wipeQueues({ postgres, redis }: Service): Promise<void> {
  if (redis) return redis.wipe();
  const tables = await postgres.sql<{ name: string }>(
    `SELECT format('%I.%I', schemaname, tablename) AS name FROM pg_tables
     WHERE schemaname = 'bullmq' AND tablename NOT LIKE '%migration%'`,
  );
  await postgres.sql(`TRUNCATE ${tables.map(({ name }) => name).join(', ')}`);
}
