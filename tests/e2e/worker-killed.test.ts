import { randomBytes } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { createClient } from '../support/client.ts';
import { createDatabase } from '../support/database.ts';
import { type Program, SHORT_LIVED, startProgram } from '../support/program.ts';
import { startRedis } from '../support/redis.ts';
import { startTestSandbox } from '../support/sandbox.ts';
import { storesOf } from '../support/stores.ts';
import { waitFor } from '../support/wait-for.ts';

const cleanUp: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const step of cleanUp.reverse()) await step();
});

/** Kept open: a lost lease (15 s), the queue's stalled check, and a reconciler's round. */
const TAKE_OVER_TIMEOUT_MS = 60_000;

describe.concurrent('a worker killed in the middle of a stream', () => {
  it.each(storesOf().hasRedis() ? ['postgres', 'redis'] : ['postgres'])(
    'leaves one message sent and one job settled (%s)',
    async (backend) => {
      const database = await createDatabase();
      cleanUp.push(() => database.drop());
      const redis = backend === 'redis' ? await startRedis() : null;
      if (redis) cleanUp.push(() => redis.stop());
      const sandbox = await startTestSandbox({ speed: 20 });
      cleanUp.push(() => sandbox.close());
      const key = `rk_${randomBytes(16).toString('base64url')}`;
      const env = {
        DATABASE_URL: database.url,
        ...(redis ? { REDIS_URL: redis.url } : {}),
        NEMO_API_URL: sandbox.url,
        BOOTSTRAP_API_KEY: key,
        ENCRYPTION_KEY: randomBytes(32).toString('base64'),
        PORT: '0',
        HOST: '127.0.0.1',
        RECOVERY_DELAYS: '500ms,500ms,1s,1s,1s',
        RENDER_POLL_INTERVAL: '200ms',
      };
      const start = async (role: string): Promise<Program> => {
        const program = await startProgram('dist/main.js', [role], env, SHORT_LIVED);
        cleanUp.push(() => program.kill('SIGKILL'));
        return program;
      };
      const [api, victim] = await Promise.all([start('api'), start('worker')]);
      const client = createClient(api.url, key);

      const { id } = await client.submit({ type: 'generate', prompt: 'A clip that outlives its worker', export: true });
      await waitFor('the stream', async () => {
        const { messages } = await sandbox.log();
        return messages.some((message) => message.status === 'running') && (await client.job(id)).phase === 'converse';
      });
      await victim.kill('SIGKILL');
      await start('worker');

      const job = await client.ended(id, TAKE_OVER_TIMEOUT_MS);
      expect(job).toMatchObject({ status: 'succeeded', charged: 'yes', result: { output: { verified: true } } });
      expect((await sandbox.log()).messages).toHaveLength(1);
      const settled = await database.sql(
        "SELECT type FROM event WHERE job_id = $1 AND type IN ('job.succeeded', 'job.failed')",
        [id],
      );
      expect(settled).toEqual([{ type: 'job.succeeded' }]);
    },
  );
});
