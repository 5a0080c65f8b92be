import { afterEach, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';

let service: TestService;

afterEach(() => service?.stop());

it('a tenant has one anonymous identity, whatever runs at once, and keeps its client id after the token expires', async () => {
  service = await startService();
  const submit = () => service.client.submit({ type: 'generate', prompt: 'What can you do?' });
  const jobs = await Promise.all(Array.from({ length: 8 }, submit));
  for (const { id } of jobs) expect((await service.client.ended(id)).status).toBe('succeeded');
  const [issued] = (await service.sandbox.log()).tokens;
  expect((await service.sandbox.log()).tokens).toMatchObject([{ issued: 1 }]);

  // As after seven days: the token has run out on both sides.
  await service.database.sql("UPDATE account SET token_expires_at = now() - interval '1 minute'");
  await service.sandbox.fault({ route: 'POST /api/auth/anonymous-token', times: 1, status: 429 });
  const later = await service.client.ended((await submit()).id);
  const { tokens } = await service.sandbox.log();
  expect(tokens).toHaveLength(1);
  expect(tokens[0]?.client_id).toBe(issued?.client_id);
  expect(later).toMatchObject({ status: 'failed', error: { code: 'token_quota' } });
});

it('an anonymous token that the upstream no longer takes is renewed once, with the same client id, and the job goes on', async () => {
  service = await startService();
  const submit = () => service.client.submit({ type: 'generate', prompt: 'What is new?' });
  await service.client.ended((await submit()).id);
  await service.sandbox.expireTokens();
  const jobs = await Promise.all([submit(), submit(), submit()]);
  for (const { id } of jobs) expect((await service.client.ended(id)).status).toBe('succeeded');
  expect((await service.sandbox.log()).tokens).toMatchObject([{ issued: 2 }]);
});

it('NEMO_TOKEN is used for all, and no anonymous token is asked for', async () => {
  service = await startService({ env: { NEMO_TOKEN: 'nmv_usr_registered_1' } });
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A lantern' });
  expect(await service.client.ended(id)).toMatchObject({ status: 'succeeded' });
  expect((await service.sandbox.log()).tokens).toEqual([]);
});

it('a registered token that is refused fails the job and asks for a new one', async () => {
  service = await startService({ env: { NEMO_TOKEN: 'nmv_usr_expired_1' } });
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A lantern' });
  expect(await service.client.ended(id)).toMatchObject({
    status: 'failed',
    phase: 'session',
    charged: 'no',
    error: { code: 'token_invalid', action: { kind: 'replace_token' } },
  });
});

it('tokens, keys and secrets are nowhere to be read', async () => {
  service = await startService();
  const { id } = await service.client.submit({
    type: 'generate',
    prompt: 'A secretive clip',
    export: true,
    webhook: { url: 'http://127.0.0.1:9/nobody' },
  });
  const job = await service.client.ended(id);
  const { secret } = (await service.client.get<{ secret: string }>('/v1/webhook-secret')).body;
  const [account] = await service.database.sql<{ token: string }>('SELECT token FROM account');
  expect(account?.token).toMatch(/^v1\./);
  const tables = [
    'tenant',
    'api_key',
    'account',
    'session',
    'job',
    'event',
    'render',
    'webhook_message',
    'webhook_attempt',
  ];
  for (const table of tables) {
    const rows = await service.database.sql(`SELECT * FROM ${table}`);
    const text = JSON.stringify(rows);
    expect(text).not.toContain('nmv_usr_');
    expect(text).not.toContain(secret);
    expect(text).not.toContain(service.env.BOOTSTRAP_API_KEY);
  }
  expect(JSON.stringify(job)).not.toContain('nmv_usr_');
});

it('tells once that the credits fall low, and again only after they have risen', async () => {
  service = await startService({ sandbox: { credits: 290 }, env: { CREDITS_LOW: '200' } });
  const make = async (prompt: string) =>
    service.client.ended((await service.client.submit({ type: 'generate', prompt })).id);
  const told = () => service.database.sql("SELECT body, job_id FROM event WHERE type = 'credits.low'");
  await make('What do I have?');
  expect(await told()).toEqual([]);
  await make('A first clip');
  await make('What is left?');
  expect(await told()).toMatchObject([{ job_id: null, body: { available: 190, threshold: 200 } }]);
  await service.database.sql('UPDATE account SET credits_low = false');
  await make('A second clip');
  expect(await told()).toHaveLength(2);
});
