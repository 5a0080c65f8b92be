import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { madeOnce } from './made-once.ts';
import type { Environment } from './try-environment.ts';

const KEY_BYTES = 32;
const API_KEY_FORM = /^[\x21-\x7e]+$/;
const ENCRYPTION_KEY_FORM = /^(?:[A-Za-z0-9+/]{43}=|[0-9a-fA-F]{64})$/;

export type Secrets = { BOOTSTRAP_API_KEY: string; ENCRYPTION_KEY: string };

/**
 * The two keys of a try: the user's, or those in the data folder, made on the first run. The encryption key must stay:
 * what is encrypted in the database cannot be read with another. Throws a StartFault for a damaged file.
 */
export async function readSecrets(env: Environment, dataDir: string): Promise<Secrets> {
  const apiKey = () =>
    madeOnce(path.join(dataDir, 'api-key'), () => `rk_${randomBytes(KEY_BYTES).toString('base64url')}`, API_KEY_FORM);
  const encryptionKey = () =>
    madeOnce(
      path.join(dataDir, 'encryption-key'),
      () => randomBytes(KEY_BYTES).toString('base64'),
      ENCRYPTION_KEY_FORM,
    );
  return {
    BOOTSTRAP_API_KEY: env.BOOTSTRAP_API_KEY ?? (await apiKey()),
    ENCRYPTION_KEY: env.ENCRYPTION_KEY ?? (await encryptionKey()),
  };
}
