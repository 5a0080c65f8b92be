import { randomBytes } from 'node:crypto';
import { request } from 'undici';
import { afterAll, expect, it } from 'vitest';
import { createClient } from '../support/client.ts';
import { createDatabase } from '../support/database.ts';
import { giveFile, mp4File, sha256Of } from '../support/files.ts';
import { SHORT_LIVED, startProgram } from '../support/program.ts';
import { startS3 } from '../support/s3-server.ts';
import { startTestSandbox } from '../support/sandbox.ts';

const cleanUp: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const step of cleanUp.reverse()) await step();
});

it('API and worker share nothing but a database and a bucket', async () => {
  const database = await createDatabase();
  cleanUp.push(() => database.drop());
  const sandbox = await startTestSandbox({ speed: 20 });
  cleanUp.push(() => sandbox.close());
  const s3 = await startS3();
  cleanUp.push(() => s3.stop());
  const key = `rk_${randomBytes(16).toString('base64url')}`;
  const env = {
    DATABASE_URL: database.url,
    NEMO_API_URL: sandbox.url,
    BOOTSTRAP_API_KEY: key,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    PORT: '0',
    HOST: '127.0.0.1',
    RENDER_POLL_INTERVAL: '200ms',
    DATA_DIR: '/nonexistent',
    ...s3.env,
  };
  const start = async (role: string, more: Record<string, string> = {}) => {
    const program = await startProgram('dist/main.js', [role], { ...env, ...more }, SHORT_LIVED);
    cleanUp.push(() => program.kill('SIGKILL'));
    return program;
  };
  const refused = start('worker', { AWS_ACCESS_KEY_ID: 'somebody' });
  await expect(refused).rejects.toThrow(
    /^ended with 1: .*The store of the files cannot be used: .*InvalidAccessKeyId/s,
  );
  const [api] = await Promise.all([start('api'), start('worker')]);
  const client = createClient(api.url, key);

  const film = mp4File('film.mp4', 6_000_000);
  const { id: asset_id } = await giveFile({ url: api.url, env }, film);
  const prompt = 'A castle #render-no-url';
  const { id } = await client.submit({ type: 'generate', prompt, assets: [{ asset_id }], export: true });
  expect(await client.ended(id, 60_000)).toMatchObject({ status: 'succeeded', result: { output: { verified: true } } });
  const { uploads } = await sandbox.log();
  expect(uploads.map(({ sha256 }) => sha256)).toEqual([sha256Of(film)]);

  const headers = { authorization: `Bearer ${key}`, range: 'bytes=4-7' };
  const part = await request(`${api.url}/v1/jobs/${id}/output`, { headers });
  expect([part.statusCode, await part.body.text()]).toEqual([206, 'ftyp']);
});
