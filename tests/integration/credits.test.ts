import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startService, type TestService } from '../support/service.ts';
import { addTenant } from '../support/tenant.ts';
import { waitFor } from '../support/wait-for.ts';
import { startReceiver } from '../support/webhook-receiver.ts';

type CreditsView = {
  available: number;
  as_of: string;
  stale: boolean;
  account: { kind: string; token_expires_at: string | null };
  register_url: string | null;
};
type Snapshot = { id: string; available: number; as_of: string; job_id: string | null };
type List<T> = { object: string; data: T[]; has_more: boolean };

const CREDITS_ROUTE = 'GET /api/credits/balance/simple';
const TIME = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

let service: TestService;

/** For this test alone. */
async function start(options: Parameters<typeof startService>[0]): Promise<void> {
  service = await startService(options);
  onTestFinished(() => service.stop());
}

const credits = () => service.client.get<CreditsView>('/v1/credits');
const snapshots = (query = '') => service.client.get<List<Snapshot>>(`/v1/credits/snapshots${query}`);

describe('GET /v1/credits', () => {
  it('reads live, with an anonymous token where there is none yet, and keeps the reading', async () => {
    await start({ workers: false, env: { NEMO_WEB_URL: 'https://web.example' } });
    const answer = await credits();
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      object: 'credits',
      available: 100_000,
      frozen: 0,
      total: 100_000,
      as_of: TIME,
      stale: false,
      account: { kind: 'anonymous', token_expires_at: TIME },
      register_url: expect.stringMatching(/^https:\/\/web\.example\/register\?bind=anon_/),
    });
    expect((await snapshots()).body).toEqual({
      object: 'list',
      data: [
        {
          id: expect.stringMatching(/^snap_/),
          object: 'credit_snapshot',
          available: 100_000,
          frozen: 0,
          total: 100_000,
          as_of: TIME,
          job_id: null,
        },
      ],
      has_more: false,
    });
    expect((await service.sandbox.log()).missing_headers).toEqual([]);
  });

  it('a registered account has nothing to register', async () => {
    await start({ workers: false, env: { NEMO_TOKEN: 'nmv_usr_operator' } });
    expect((await credits()).body).toMatchObject({
      stale: false,
      account: { kind: 'registered', token_expires_at: null },
      register_url: null,
    });
    expect((await service.sandbox.log()).tokens).toEqual([]);
  });

  it('gives the latest reading, marked as stale, when the upstream fails; 503 when there is none', async () => {
    await start({ workers: false });
    await service.sandbox.fault({ route: CREDITS_ROUTE, times: 1, status: 503 });
    const none = await credits();
    expect(none.status).toBe(503);
    expect(none.headers['retry-after']).toMatch(/^\d+$/);
    expect(none.body).toMatchObject({ code: 'unavailable' });

    await credits();
    const live = await credits();
    for (const fault of [{ status: 500 }, { reset: true }, { code: 1 }, { body: '<html>' }, { status: 429 }]) {
      await service.sandbox.fault({ route: CREDITS_ROUTE, times: 1, ...fault });
      const stale = await credits();
      expect(stale.body).toMatchObject({ available: 100_000, stale: true, account: { kind: 'anonymous' } });
      expect(Math.abs(Date.parse(stale.body.as_of) - Date.parse(live.body.as_of))).toBeLessThan(1000);
    }
    expect((await snapshots()).body.data).toHaveLength(2);
  });

  it('tells that the credits are low, once, as a worker does', async () => {
    await start({ workers: false, sandbox: { credits: 150 }, env: { CREDITS_LOW: '200' } });
    const answers = [await credits(), await credits()];
    expect(answers.map(({ body }) => body.available)).toEqual([150, 150]);
    const told = await service.database.sql("SELECT tenant_id, job_id, body FROM event WHERE type = 'credits.low'");
    expect(told).toMatchObject([{ tenant_id: 'default', job_id: null, body: { available: 150, threshold: 200 } }]);
  });

  it('low credits are sent to endpoints that ask for that, once a fall', async () => {
    await start({ sandbox: { credits: 150 }, env: { CREDITS_LOW: '200' } });
    const [asking, other] = await Promise.all([startReceiver(), startReceiver()]);
    const endpoints = { [asking.url]: ['credits.low', 'webhook.test'], [other.url]: [] };
    for (const [url, events] of Object.entries(endpoints))
      await service.client.post('/v1/webhook-endpoints', { url, events });
    await credits();
    await credits();
    const [received] = await asking.waitFor(1);
    expect(JSON.parse(received?.body ?? '')).toEqual({
      type: 'credits.low',
      timestamp: TIME,
      data: { available: 150, frozen: 0, total: 150, threshold: 200 },
    });
    // Above the threshold, and below again by what a job costs: a second fall.
    await service.sandbox.topUp(100);
    await credits();
    await service.client.submit({ type: 'generate', prompt: 'A heron' });
    await asking.waitFor(2);
    const { data } = (await service.client.get<List<{ event_type: string; url: string }>>('/v1/webhook-messages')).body;
    const low = data.filter(({ event_type }) => event_type === 'credits.low');
    expect(low.map(({ url }) => url)).toEqual([asking.url, asking.url]);
    await Promise.all([asking.close(), other.close()]);
  });

  it('renews an anonymous token that is refused, once for all who ask, with the same client id', async () => {
    await start({ workers: false });
    await credits();
    await service.sandbox.expireTokens();
    const answers = await Promise.all([credits(), credits(), credits()]);
    expect(answers.map(({ body }) => body.stale)).toEqual([false, false, false]);
    expect((await service.sandbox.log()).tokens).toMatchObject([{ issued: 2 }]);
  });

  it('says that a registered token is refused by not reading: stale, or 503', async () => {
    await start({ workers: false, env: { NEMO_TOKEN: 'nmv_usr_expired' } });
    expect((await credits()).status).toBe(503);
  });

  it('takes at most 5 s; a token that comes too late is stored all the same', async () => {
    await start({ workers: false });
    await service.sandbox.fault({ route: 'POST /api/auth/anonymous-token', times: 1, delay_ms: 8_000 });
    const asked = Date.now();
    const late = await credits();
    const tookMs = Date.now() - asked;
    expect(late.status).toBe(503);
    expect(tookMs).toBeGreaterThan(4_500);
    expect(tookMs).toBeLessThan(7_500);
    await waitFor('the token', async () => {
      const [row] = await service.database.sql<{ token: string | null }>('SELECT token FROM account');
      return row?.token;
    });
    expect((await credits()).body.stale).toBe(false);
    expect((await service.sandbox.log()).tokens).toMatchObject([{ issued: 1 }]);
  });

  it('answers other requests while the upstream hands out no tokens', async () => {
    await start({ workers: false });
    const tenants = await Promise.all(Array.from({ length: 12 }, (_, i) => addTenant(service, `tenant ${i}`)));
    await service.sandbox.fault({ route: 'POST /api/auth/anonymous-token', times: 12, delay_ms: 2_000 });
    let answered = 0;
    const waiting = tenants.map((tenant) => tenant.get('/v1/credits').then(() => (answered += 1)));
    await waitFor('renewals under way', async () => {
      const [row] = await service.database.sql<{ holding: number; accounts: number }>(
        `SELECT (SELECT count(*)::int FROM account) AS accounts, (SELECT count(*)::int FROM pg_stat_activity
           WHERE datname = current_database() AND state = 'idle in transaction') AS holding`,
      );
      return row && row.accounts === tenants.length && row.holding >= 4;
    });
    await Promise.all([1, 2, 3].map((n) => service.client.submit({ type: 'generate', prompt: `Fox ${n}` })));
    expect(answered).toBe(0);
    await Promise.all(waiting);
  });
});

describe('GET /v1/credits/snapshots', () => {
  it('pages, newest first', async () => {
    await start({ workers: false });
    for (let i = 0; i < 5; i += 1) await credits();
    const all = (await snapshots()).body.data.map(({ id }) => id);
    expect(all).toEqual([...all].sort().reverse());
    const first = (await snapshots('?limit=2')).body;
    expect(first).toMatchObject({ data: [{ id: all[0] }, { id: all[1] }], has_more: true });
    const rest = (await snapshots(`?limit=3&starting_after=${all[1]}`)).body;
    expect(rest).toMatchObject({ data: [{ id: all[2] }, { id: all[3] }, { id: all[4] }], has_more: false });
  });

  it('names the jobs of the tenant, and nothing of others that share NEMO_TOKEN', async () => {
    await start({ env: { NEMO_TOKEN: 'nmv_usr_operator' } });
    const other = await addTenant(service, 'other');
    const job = await service.client.submit({ type: 'generate', prompt: 'What can you do?' });
    await service.client.ended(job.id);
    const mine = (await snapshots()).body.data;
    expect(mine.length).toBeGreaterThan(1);
    expect(new Set(mine.map(({ job_id }) => job_id))).toEqual(new Set([job.id]));
    expect((await other.get<List<Snapshot>>('/v1/credits/snapshots')).body.data).toEqual([]);
    await other.get('/v1/credits');
    expect((await other.get<List<Snapshot>>('/v1/credits/snapshots')).body.data).toMatchObject([{ job_id: null }]);
    expect((await snapshots()).body.data).toHaveLength(mine.length);
  });
});

describe('GET /v1/credits/snapshots refuses', () => {
  beforeAll(async () => {
    service = await startService({ workers: false });
  });
  afterAll(() => service?.stop());

  it.each([
    ['?limit=0', ['?limit']],
    ['?limit=101', ['?limit']],
    ['?limit=1.5', ['?limit']],
    ['?limit=many', ['?limit']],
    ['?limit=', ['?limit']],
    ['?limit=1&limit=2', ['?limit']],
    ['?starting_after=x', ['?starting_after']],
    ['?starting_after=job_01m7ypsprke4frc5qwk8f5j6c5', ['?starting_after']],
    ['?page=2&limit=0', ['?limit', '?page']],
    ['?a%2Fb=2', ['?a%2Fb']],
  ])('%s: 422 with a pointer a fault', async (query, pointers) => {
    const answer = await service.client.get<{ errors: { pointer: string }[] }>(`/v1/credits/snapshots${query}`);
    expect(answer.status).toBe(422);
    expect(answer.body.errors.map(({ pointer }) => pointer).sort()).toEqual(pointers);
  });
});
