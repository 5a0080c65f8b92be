import { randomBytes } from 'node:crypto';
import { sha256 } from '../../src/lib/crypto.ts';
import { newId } from '../../src/lib/ids.ts';
import { type Client, createClient } from './client.ts';
import type { TestService } from './service.ts';

/** Another tenant, with a key of its own. */
export async function addTenant(service: TestService, id: string): Promise<Client> {
  const key = `rk_${randomBytes(16).toString('base64url')}`;
  await service.database.sql('INSERT INTO tenant (id, webhook_secret) VALUES ($1, $2)', [id, 'v1.unused']);
  await service.database.sql('INSERT INTO api_key (id, tenant_id, name, hash, hint) VALUES ($1, $2, $2, $3, $4)', [
    newId('key'),
    id,
    sha256(key),
    key.slice(-4),
  ]);
  return createClient(service.url, key);
}
