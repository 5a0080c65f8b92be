import { createHash, randomBytes } from 'node:crypto';
import { type Client, createClient } from './client.ts';

type Home = { url: string; database: { sql(text: string, values?: unknown[]): Promise<unknown[]> } };

/** A tenant of its own, with a key: its jobs share neither account nor credits with those of other tenants. */
export async function createTenant({ url, database }: Home): Promise<Client> {
  const name = `tenant_${randomBytes(6).toString('hex')}`;
  const apiKey = `rk_${randomBytes(16).toString('base64url')}`;
  const hash = createHash('sha256').update(apiKey).digest('hex');
  await database.sql(
    "INSERT INTO tenant (id, webhook_secret) SELECT $1, webhook_secret FROM tenant WHERE id = 'default'",
    [name],
  );
  await database.sql("INSERT INTO api_key (id, tenant_id, name, hash, hint) VALUES ($1, $2, 'test', $3, $4)", [
    `key_${name}`,
    name,
    hash,
    apiKey.slice(-4),
  ]);
  return createClient(url, apiKey);
}
