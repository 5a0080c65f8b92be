import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { hasOverlap } from '../../src/lib/db/credits.ts';
import { openDatabase } from '../../src/lib/db/database.ts';
import type { JobRecord } from '../../src/lib/domain/job.ts';
import type { Client } from '../support/client.ts';
import { startService, type TestService } from '../support/service.ts';
import { addTenant } from '../support/tenant.ts';
import { waitFor } from '../support/wait-for.ts';

type AccountView = {
  kind: string;
  token_hint: string | null;
  token_expires_at: string | null;
  user_id: string | null;
  register_url: string | null;
};
type Problem = { code: string; errors: { pointer: string }[] };

const ONE = 'nmv_usr_registered_0001';
const TWO = 'nmv_usr_registered_0002';

let service: TestService;

/** For this test alone. */
async function start(options: Parameters<typeof startService>[0] = {}): Promise<void> {
  service = await startService(options);
  onTestFinished(() => service.stop());
}

const account = async (client = service.client) => (await client.get<AccountView>('/v1/account')).body;
const put = (token: string, client = service.client) => client.put<AccountView>('/v1/account', { token });

/** Asks something in a session; gives the job when it has ended. */
const ask = async (sessionId: string | null = null, client: Client = service.client) => {
  const job = await client.submit({ type: 'generate', prompt: 'What is new?', session_id: sessionId });
  return client.ended(job.id);
};

/** The kind and hint-like end of the account that a session belongs to. */
const accountOf = async (sessionId: string) => {
  const [row] = await service.database.sql<{ id: string; kind: string }>(
    'SELECT account.id, account.kind FROM session JOIN account ON account.id = account_id WHERE session.id = $1',
    [sessionId],
  );
  return row;
};

const statusOf = async (sessionId: string) =>
  (await service.client.get<{ status: string }>(`/v1/sessions/${sessionId}`)).body.status;

describe('the account of a tenant', () => {
  it('is anonymous at first, then the registered one that was put, then the same anonymous one again', async () => {
    await start({ workers: false });
    expect(await account()).toEqual({
      object: 'account',
      kind: 'anonymous',
      token_hint: null,
      token_expires_at: null,
      user_id: null,
      register_url: null,
    });
    await service.client.get('/v1/credits');
    const anonymous = await account();
    expect(anonymous).toMatchObject({
      kind: 'anonymous',
      token_hint: null,
      token_expires_at: expect.stringMatching(/Z$/),
      user_id: expect.stringMatching(/^anon_/),
      register_url: `https://nemovideo.com/register?bind=${anonymous.user_id}`,
    });

    const registered = await put(ONE);
    expect(registered.status).toBe(200);
    expect(registered.body).toEqual({
      object: 'account',
      kind: 'registered',
      token_hint: '…0001',
      token_expires_at: null,
      user_id: null,
      register_url: null,
    });
    expect(await account()).toEqual(registered.body);
    expect((await service.client.get('/v1/credits')).body).toMatchObject({
      stale: false,
      account: { kind: 'registered' },
    });

    expect((await put(TWO)).body.token_hint).toBe('…0002');
    expect((await put(ONE)).body.token_hint).toBe('…0001');
    expect(await service.client.delete('/v1/account')).toMatchObject({ status: 204, body: null });
    expect(await account()).toEqual(anonymous);
    expect((await service.client.delete('/v1/account')).status).toBe(204);
    expect((await service.sandbox.log()).tokens).toMatchObject([{ issued: 1 }]);
  });

  it('its own registered token goes before NEMO_TOKEN, of which it learns nothing', async () => {
    await start({ workers: false, env: { NEMO_TOKEN: 'nmv_usr_operator_9999' } });
    const shared = { kind: 'registered', token_hint: null, user_id: null };
    expect(await account()).toMatchObject(shared);
    await put(ONE);
    expect((await account()).token_hint).toBe('…0001');
    await service.client.delete('/v1/account');
    expect(await account()).toMatchObject(shared);
  });

  it('may have the same token as NEMO_TOKEN, or as another tenant, and shares nothing with them', async () => {
    await start({ workers: false, env: { NEMO_TOKEN: ONE } });
    const other = await addTenant(service, 'other');
    const third = await addTenant(service, 'third');
    await Promise.all([put(ONE), put(ONE), put(ONE, other), account(third)]);
    await service.client.get('/v1/credits');
    expect((await other.get('/v1/credits/snapshots')).body).toMatchObject({ data: [] });
    await service.client.delete('/v1/account');
    expect((await account(other)).token_hint).toBe('…0001');
    expect((await account(third)).token_hint).toBeNull();
    expect(await service.database.sql('SELECT tenant_id FROM account ORDER BY tenant_id')).toEqual([
      { tenant_id: 'default' },
      { tenant_id: 'other' },
      { tenant_id: null },
    ]);
  });
});

describe('the account of a tenant that sends nonsense', () => {
  beforeAll(async () => {
    service = await startService({ workers: false });
  });
  afterAll(() => service?.stop());

  it.each([
    ['no token', {}, '/token'],
    ['a token of another kind', { token: 7 }, '/token'],
    ['an empty token', { token: '' }, '/token'],
    ['another beginning', { token: 'sk_live_confidential' }, '/token'],
    ['the beginning alone', { token: 'nmv_usr_' }, '/token'],
    ['a blank in it', { token: 'nmv_usr_confidential token' }, '/token'],
    ['a line break after it', { token: 'nmv_usr_confidential\n' }, '/token'],
    ['too long a token', { token: `nmv_usr_confidential${'x'.repeat(1000)}` }, '/token'],
    ['another field', { token: 'nmv_usr_confidential', kind: 'registered' }, '/kind'],
  ])('%s: 422, and the token is not repeated', async (_what, body, pointer) => {
    const answer = await service.client.put<Problem>('/v1/account', body);
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map((fault) => fault.pointer)).toEqual([pointer]);
    expect(JSON.stringify(answer.body)).not.toContain('confidential');
    expect((await account()).kind).toBe('anonymous');
  });

  it.each(['nmv_usr_confidential', '{"token":"nmv_usr_confidential"', '"nmv_usr_confidential"'])(
    '%s is no body either, and the token is not repeated',
    async (body) => {
      const answer = await service.client.put('/v1/account', body);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(JSON.stringify(answer.body)).not.toContain('confidential');
    },
  );
});

describe('a session', () => {
  it('keeps the account that it was opened with, until that is taken away', async () => {
    await start();
    const anonymous = await ask();
    await put(ONE);
    const registered = await ask();
    await put(TWO);
    const replaced = await ask(registered.session_id);
    expect([anonymous, registered, replaced].map((job) => job.status)).toEqual(Array(3).fill('succeeded'));
    expect((await accountOf(anonymous.session_id))?.kind).toBe('anonymous');
    expect((await accountOf(registered.session_id))?.kind).toBe('registered');
    expect((await ask(anonymous.session_id)).status).toBe('succeeded');

    await service.client.delete('/v1/account');
    expect(await ask(registered.session_id)).toMatchObject({
      status: 'failed',
      charged: 'no',
      error: { code: 'session_not_found' },
    });
    expect(await statusOf(registered.session_id)).toBe('lost');
    expect((await ask(anonymous.session_id)).status).toBe('succeeded');
    const later = await ask();
    expect((await accountOf(later.session_id))?.id).toBe((await accountOf(anonymous.session_id))?.id);

    await put(ONE);
    expect((await ask(registered.session_id)).status).toBe('succeeded');
    expect(await statusOf(registered.session_id)).toBe('ready');
    expect((await service.sandbox.log()).tokens).toHaveLength(1);
  });

  it('is read with its own account, too', async () => {
    await start();
    const { session_id } = await ask();
    await put(ONE);
    const state = await service.client.get(`/v1/sessions/${session_id}/state`);
    expect(state.body).toMatchObject({ stale: false });
  });
});

it('turns of two tenants with the same token are turns of one account', async () => {
  await start({ workers: false });
  const other = await addTenant(service, 'other');
  const clients = [service.client, other];
  const jobs: { id: string }[] = [];
  for (const client of clients) {
    await put(ONE, client);
    jobs.push(await client.submit({ type: 'generate', prompt: 'A fox' }));
  }
  await service.database.sql(
    `UPDATE job SET sent_at = now(), account_id =
       (SELECT id FROM account WHERE account.tenant_id = job.tenant_id AND kind = 'registered')`,
  );
  const db = openDatabase(service.database.url, { poolSize: 1, onError: () => undefined });
  const overlaps = () => hasOverlap(db.pool, { id: jobs[0]?.id } as JobRecord, 60_000, 'now');
  expect(await overlaps()).toBe(true);
  await service.database.sql("UPDATE account SET token_hash = 'another' WHERE tenant_id = 'other'");
  expect(await overlaps()).toBe(false);
  await db.close();
});

it('no token and no key is in any answer, nor readable in the database', async () => {
  await start();
  await ask();
  await put(ONE);
  const { session_id } = await ask();
  await service.client.post('/v1/sessions', { name: 'A name' });
  const paths = [
    '/v1/account',
    '/v1/credits',
    '/v1/credits/snapshots',
    '/v1/sessions',
    `/v1/sessions/${session_id}`,
    `/v1/sessions/${session_id}/state`,
    `/v1/sessions/${session_id}/timeline.svg`,
    '/v1/skills',
  ];
  const answers = [await service.client.put('/v1/account', { token: ONE })];
  for (const path of paths) answers.push(await service.client.get(path));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  const tables = ['account', 'session', 'credit_snapshot', 'job', 'event'];
  const rows = await Promise.all(tables.map((table) => service.database.sql(`SELECT * FROM ${table}`)));
  const text = JSON.stringify([answers, rows]);
  expect(text).toContain('…0001');
  const [anonymous] = await service.database.sql<{ client_id: string }>(
    "SELECT client_id FROM account WHERE kind = 'anonymous'",
  );
  expect(JSON.stringify(answers)).not.toContain(anonymous?.client_id);
  for (const secret of ['nmv_usr_', service.env.BOOTSTRAP_API_KEY, service.env.ENCRYPTION_KEY]) {
    expect(text).not.toContain(secret);
  }
});

it('a job whose account is taken away in the middle ends with session_not_found', async () => {
  await start();
  await service.client.put('/v1/account', { token: 'nmv_usr_taken_away_later' });
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A slow film #render-stuck', export: true });
  await waitFor('the render', async () => (await service.client.job(id)).waiting?.reason === 'render');
  await service.client.delete('/v1/account');
  expect(await service.client.ended(id)).toMatchObject({
    status: 'failed',
    phase: 'render',
    charged: 'yes',
    error: { code: 'session_not_found' },
  });
});
