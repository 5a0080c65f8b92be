import pg from 'pg';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { newId } from '../../src/lib/ids.ts';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;
let admin: pg.Client;

beforeAll(async () => {
  service = await startService({ workers: false });
  admin = new pg.Client({ connectionString: inject('adminUrl') });
  await admin.connect();
});

afterAll(async () => {
  await admin?.end();
  await service?.stop();
});

it('a database that takes nobody in is 503 with Retry-After, and the same requests are served when it is back', async () => {
  const ask = () =>
    Promise.all([
      service.client.post('/v1/jobs', { type: 'generate', prompt: 'A fox' }),
      service.client.get('/v1/jobs'),
      service.client.get(`/v1/sessions/${newId('ses')}`),
    ]);
  const name = new URL(service.database.url).pathname.slice(1);
  await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
  await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
  for (const { status, body, headers } of await ask()) {
    expect(body).toMatchObject({ status: 503, code: 'unavailable' });
    expect(status).toBe(503);
    expect(headers['retry-after']).toMatch(/^\d+$/);
  }
  await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
  expect((await ask()).map(({ status }) => status)).toEqual([202, 200, 404]);
});
