import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Program, startProgram } from '../../tests/support/program.ts';

/** What the API asks of every request, out of reach: checked, and not hit. */
const LIMITS = { SUBMIT_RATE_LIMIT: '100000000/60s', MAX_QUEUED_PER_TENANT: '10000000' };

export type OwnApi = Program & {
  headers: Record<string, string>;
  /** Of the workers that belong to it. */
  env: Record<string, string>;
  stop(): Promise<void>;
};

/** The built API as a process of its own, as in production. */
export async function startOwnApi(databaseUrl: string, more: Record<string, string> = {}): Promise<OwnApi> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'reelay-bench-data-'));
  const apiKey = `rk_${randomBytes(16).toString('base64url')}`;
  const env = {
    ...LIMITS,
    NODE_ENV: 'production',
    DATABASE_URL: databaseUrl,
    DATA_DIR: dataDir,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    BOOTSTRAP_API_KEY: apiKey,
    PORT: '0',
    HOST: '127.0.0.1',
    ...more,
  };
  const program = await startProgram('dist/main.js', ['api'], env);
  return {
    ...program,
    headers: { authorization: `Bearer ${apiKey}` },
    env,
    async stop() {
      await program.kill('SIGTERM');
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
