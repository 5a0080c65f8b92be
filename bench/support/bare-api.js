// What one would write first: check the body, insert a row, add it to the queue, answer. No key of the API, no
// idempotency, no quota, no rate limit, no event, no outbox. JavaScript, because Node itself loads it.
import { randomUUID } from 'node:crypto';
import { createPostgresBackend, Queue } from 'bullmq';
import Fastify from 'fastify';
import { Redis } from 'ioredis';
import pg from 'pg';
import { z } from 'zod';

const { DATABASE_URL, REDIS_URL, POOL_SIZE } = process.env;

const Job = z.strictObject({
  type: z.literal('generate'),
  prompt: z.string().min(1).max(20_000),
  options: z.strictObject({ aspect_ratio: z.string().optional(), duration_seconds: z.number().positive().optional() }),
  metadata: z.record(z.string().max(64), z.string().max(512)),
});

const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL_SIZE) });
const queuePool = () =>
  new pg.Pool({ connectionString: DATABASE_URL, max: Number(POOL_SIZE), options: '-c search_path=bullmq' });
const connection = REDIS_URL ? new Redis(REDIS_URL, { maxRetriesPerRequest: null }) : queuePool();
const queue = new Queue(
  'bare',
  { connection: /** @type {any} */ (connection), defaultJobOptions: { removeOnComplete: true } },
  .../** @type {[]} */ (REDIS_URL ? [] : [createPostgresBackend]),
);

const app = Fastify();
app.post('/jobs', async (request, reply) => {
  const job = Job.parse(request.body);
  const id = `job-${randomUUID()}`;
  await pool.query({
    name: 'insert',
    text: `INSERT INTO bare.job (id, status, body) VALUES ($1, 'queued', $2)`,
    values: [id, JSON.stringify(job)],
  });
  await queue.add('job', { id }, { jobId: id });
  return reply.code(202).send({ id, status: 'queued', ...job });
});

const url = await app.listen({ port: 0, host: '127.0.0.1' });
process.send?.({ type: 'ready', url });
process.once('disconnect', () => process.exit(0));
