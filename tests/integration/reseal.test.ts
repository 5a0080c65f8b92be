import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createVault } from '../../src/lib/crypto.ts';
import { SEALED_COLUMNS } from '../../src/lib/db/sealed-columns.ts';
import { reseal } from '../../src/reseal.ts';
import { startService, type TestService } from '../support/service.ts';

const TOKEN = 'nmv_usr_token_of_a_tenant';
const OTHER_KEY = randomBytes(32);

let service: TestService;
let oldKey: Buffer;

/** A service that has sealed something in every place there is. */
beforeAll(async () => {
  service = await startService();
  oldKey = Buffer.from(service.env.ENCRYPTION_KEY ?? '', 'base64');
  const { client } = service;
  await client.ended((await client.submit({ type: 'generate', prompt: 'A seal' })).id);
  await client.put('/v1/account', { token: TOKEN });
  await client.post('/v1/webhook-secret/rotate', {});
  const endpoint = await client.post<{ id: string }>('/v1/webhook-endpoints', { url: 'http://127.0.0.1:9/nobody' });
  await client.post(`/v1/webhook-endpoints/${endpoint.body.id}/rotate`, {});
});
afterAll(() => service?.stop());

/** Every text in the database that is sealed, by its place. */
async function sealedTexts(): Promise<Map<string, string[]>> {
  const { sql } = service.database;
  const columns = await sql<{ table: string; column: string }>(
    `SELECT table_name AS table, column_name AS column FROM information_schema.columns
     WHERE table_schema = 'public' AND data_type = 'text'`,
  );
  const found = new Map<string, string[]>();
  for (const { table, column } of columns) {
    const rows = await sql<{ text: string }>(
      `SELECT ${column} AS text FROM public.${table} WHERE ${column} LIKE 'v1.%'`,
    );
    if (rows.length > 0) found.set(`${table}.${column}`, rows.map(({ text }) => text).sort());
  }
  return found;
}

it('all that is sealed is in the list of sealed columns', async () => {
  const places = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`);
  expect([...(await sealedTexts()).keys()].sort()).toEqual(places.sort());
});

it('a key takes the place of another: all secrets stay what they are, and then open without the old one', async () => {
  const secret = await service.client.get('/v1/webhook-secret');
  const before = await sealedTexts();
  const count = [...before.values()].flat().length;
  expect(await reseal(service.database.url, OTHER_KEY, [oldKey])).toEqual({ resealed: count, current: 0 });

  const vault = createVault(OTHER_KEY);
  const opened = new Set<string>();
  for (const { table, column, purpose } of SEALED_COLUMNS) {
    for (const sealed of (await sealedTexts()).get(`${table}.${column}`) ?? []) opened.add(vault.open(sealed, purpose));
  }
  expect(opened).toContain(TOKEN);
  expect(opened).toContain((secret.body as { secret: string }).secret);
  expect(await reseal(service.database.url, OTHER_KEY, [oldKey])).toEqual({ resealed: 0, current: count });
});

it('a key that is not given is told of, and nothing is changed', async () => {
  const before = await sealedTexts();
  const given = reseal(service.database.url, randomBytes(32), [randomBytes(32)]);
  await expect(given).rejects.toThrow(/^\d+ secrets open with none of the keys; 0 were sealed anew\.$/);
  expect(await sealedTexts()).toEqual(before);
});
