import path from 'node:path';
import { readConfig } from '../lib/config.ts';

export type Environment = Record<string, string>;

/** A try is local and has one user: his own receivers are on this machine, and no limit should be in his way. */
const TRY_DEFAULTS: Environment = {
  PORT: '3000',
  WEBHOOK_ALLOW_HTTP: 'true',
  WEBHOOK_ALLOWED_SUBNETS: '127.0.0.0/8,::1/128',
  SUBMIT_RATE_LIMIT: '100000/60s',
};
/** The sandbox runs at 20 times the real speed, so the waits that suit NemoVideo are shortened with it. */
const SANDBOX_DEFAULTS: Environment = {
  RENDER_POLL_INTERVAL: '1s',
  RECOVERY_DELAYS: '2s,3s,5s,5s,5s',
  DRAIN_TIMEOUT: '2s',
  SANDBOX_PORT: '0',
  SANDBOX_SPEED: '20',
  SANDBOX_CREDITS: '1000000',
};
/** Valid in form; stands in while the environment is checked, before the real values are made. */
const PLACEHOLDERS: Environment = {
  DATABASE_URL: 'postgresql://127.0.0.1/reelay',
  ENCRYPTION_KEY: Buffer.alloc(32).toString('base64'),
};

export type TrySettings = { env: Environment; dataDir: string; port: number; host: string; drainMs: number };

/**
 * The user's environment with the defaults of a try. A variable that is set to nothing counts as unset; `DATA_DIR` is
 * made absolute from `cwd`. Throws a ConfigError that names every faulty variable, before anything has been started.
 */
export function readTrySettings(given: Record<string, string | undefined>, cwd: string): TrySettings {
  const set = Object.entries(given).filter((entry): entry is [string, string] => Boolean(entry[1]));
  const user: Environment = Object.fromEntries(set);
  const dataDir = path.resolve(cwd, user.DATA_DIR ?? '.data');
  const env = { ...TRY_DEFAULTS, ...(user.NEMO_API_URL ? {} : SANDBOX_DEFAULTS), ...user, DATA_DIR: dataDir };
  const config = readConfig({ ...PLACEHOLDERS, ...env });
  return { env, dataDir, port: config.PORT, host: config.HOST, drainMs: config.DRAIN_TIMEOUT };
}
