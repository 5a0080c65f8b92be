import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi } from '../../src/api/start.ts';
import { readConfig } from '../../src/lib/config.ts';
import { claimKey, KeyTaken } from '../../src/lib/db/idempotency-keys.ts';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { createLogger } from '../../src/lib/logger.ts';
import { startKeyRemoval } from '../../src/workers/sweeps/remove-keys.ts';
import { createClient } from '../support/client.ts';
import { type AssetView, formOf, pngFile, postForm, type TestFile } from '../support/files.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTenant } from '../support/tenants.ts';
import { waitFor } from '../support/wait-for.ts';

const GOOD = { type: 'generate', prompt: 'A fox', metadata: { a: '1', b: '2' } };

let service: TestService;

beforeAll(async () => {
  service = await startService({ workers: false });
});

afterAll(() => service?.stop());

const withKey = (key: string = randomUUID()) => ({ 'idempotency-key': key });
const post = (body: unknown, headers: Record<string, string>) =>
  service.client.post<JobView>('/v1/jobs', body, headers);

async function countJobs(): Promise<number> {
  const [row] = await service.database.sql<{ count: number }>('SELECT count(*)::int AS count FROM job');
  return row?.count ?? 0;
}

describe('the same request again', () => {
  it('gets the same status, location and job, and makes no other', async () => {
    const headers = withKey();
    const first = await post(GOOD, headers);
    const jobs = await countJobs();
    const again = await post(GOOD, headers);
    expect(first.headers).not.toHaveProperty('idempotent-replayed');
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect(again.headers.location).toBe(first.headers.location);
    expect([again.status, again.body]).toEqual([202, first.body]);
    expect(await countJobs()).toBe(jobs);
  });

  it('gets the job as it is now, with the status as it was', async () => {
    const headers = withKey();
    const { body } = await post(GOOD, headers);
    await service.database.sql("UPDATE job SET status = 'failed', finished_at = now() WHERE id = $1", [body.id]);
    const again = await post(GOOD, headers);
    expect([again.status, again.body.status]).toEqual([202, 'failed']);
    const waiting = await post(GOOD, { ...headers, prefer: 'wait=1' });
    expect([waiting.status, waiting.body.status]).toEqual([200, 'failed']);
  });

  it('makes one webhook endpoint, whose secret is not lost with the first answer', async () => {
    const headers = withKey();
    const ask = () =>
      service.client.post<{ id: string; secret: string }>(
        '/v1/webhook-endpoints',
        { url: 'http://127.0.0.1/x' },
        headers,
      );
    const [first, again] = [await ask(), await ask()];
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
    expect(again.body.secret).toMatch(/^whsec_/);
    expect(again.headers['idempotent-replayed']).toBe('true');
  });

  it('is answered though there is no room for another endpoint, which is a fault of the new one', async () => {
    const tenant = await createTenant(service);
    const body = { url: 'http://127.0.0.1/x' };
    const headers = withKey();
    const ask = (more: Record<string, string>) =>
      tenant.post<{ id: string; errors?: unknown }>('/v1/webhook-endpoints', body, more);
    const first = await ask(headers);
    for (let count = 1; count < 100; count += 1) expect((await ask({})).status).toBe(201);
    const refused = await ask({});
    expect([refused.status, refused.body.errors]).toEqual([422, [{ pointer: '', detail: expect.any(String) }]]);
    expect(await ask(headers)).toMatchObject({ status: 201, body: { id: first.body.id } });
  });

  it('is the same in another order, with other spaces, and with a key in quotes', async () => {
    const key = randomUUID();
    const { body } = await post(GOOD, withKey(key));
    const reordered = `{ "metadata":{"b":"2","a":"1"}, "prompt":"A fox" , "type":"generate" }`;
    expect((await post(reordered, withKey(`"${key}"`))).body.id).toBe(body.id);
  });

  it('that says something else is refused, also where it says a default', async () => {
    const headers = withKey();
    await post(GOOD, headers);
    for (const other of [
      { ...GOOD, prompt: 'A wolf' },
      { ...GOOD, priority: 0 },
    ]) {
      expect(await post(other, headers)).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    }
  });

  it('of another tenant, or to another path, is another request', async () => {
    const headers = withKey();
    const first = await post(GOOD, headers);
    const other = await createTenant(service);
    const theirs = await other.post<JobView>('/v1/jobs', GOOD, headers);
    expect(theirs.headers).not.toHaveProperty('idempotent-replayed');
    expect(theirs.body.id).not.toBe(first.body.id);
    expect(await service.client.post('/v1/sessions', {}, headers)).toMatchObject({ status: 201 });
  });

  it('is another request after 24 hours', async () => {
    const headers = withKey();
    const first = await post(GOOD, headers);
    const age = (hours: number) =>
      service.database.sql(
        'UPDATE idempotency_key SET created_at = now() - make_interval(hours => $1) WHERE key = $2',
        [hours, headers['idempotency-key']],
      );
    await age(23);
    expect((await post(GOOD, headers)).body.id).toBe(first.body.id);
    await age(25);
    const second = await post({ ...GOOD, prompt: 'A wolf' }, headers);
    expect(second.status).toBe(202);
    expect(second.body.id).not.toBe(first.body.id);
  });
});

it('a request that was refused has not used its key', async () => {
  const headers = withKey();
  expect(await post({ ...GOOD, prompt: '' }, headers)).toMatchObject({ status: 422 });
  expect(await post({ ...GOOD, skill: 'origami' }, headers)).toMatchObject({ status: 422 });
  expect(await post(GOOD, headers)).toMatchObject({ status: 202 });
});

it('a body that is nested too deeply to be compared is refused', async () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  const text = `{"jobs":[${deep}]}`;
  expect(await service.client.post('/v1/batches', text, withKey())).toMatchObject({
    status: 422,
    body: { code: 'validation_failed' },
  });
});

it('a key and a client reference: a replay is no conflict, and a conflict uses no key', async () => {
  const body = { ...GOOD, client_reference: randomUUID() };
  const headers = withKey();
  const first = await post(body, headers);
  expect((await post(body, headers)).body.id).toBe(first.body.id);
  const late = withKey();
  expect(await post(body, late)).toMatchObject({ status: 409, body: { code: 'client_reference_used' } });
  expect(await post(GOOD, late)).toMatchObject({ status: 202 });
});

it.each(['', '""', 'two words', 'ключ', 'x'.repeat(256)])('the key %j is refused', async (key) => {
  const sent = Buffer.from(key, 'utf8').toString('latin1');
  expect(await post(GOOD, withKey(sent))).toMatchObject({
    status: 422,
    body: { code: 'validation_failed', errors: [{ pointer: 'Idempotency-Key' }] },
  });
});

describe('many at once', () => {
  it('with one key make one job, from two processes: the others are answered with it, or told to come again', async () => {
    const config = readConfig({ ...service.env, BOOTSTRAP_API_KEY: '' });
    const api = await startApi(config, createLogger('silent', 'test'));
    const elsewhere = createClient(api.url, service.env.BOOTSTRAP_API_KEY ?? '');
    for (const body of [GOOD, { ...GOOD, client_reference: randomUUID() }]) {
      const jobs = await countJobs();
      const headers = withKey();
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 ? elsewhere : service.client).post<JobView>('/v1/jobs', body, headers),
        ),
      );
      expect(await countJobs()).toBe(jobs + 1);
      const taken = answers.filter(({ status }) => status === 202);
      expect(new Set(taken.map(({ body }) => body.id)).size).toBe(1);
      expect(taken.filter((answer) => answer.headers['idempotent-replayed'] === undefined)).toHaveLength(1);
      for (const { status, headers, body } of answers.filter((answer) => !taken.includes(answer))) {
        expect([status, body]).toMatchObject([409, { code: 'idempotency_in_flight' }]);
        expect(headers['retry-after']).toBe('1');
      }
    }
    await api.stop();
  });

  it('two commits with one key: the second waits for the first, and takes nothing', async () => {
    const key = { tenantId: 'default', route: 'POST /v1/jobs', key: randomUUID(), fingerprint: 'x' };
    const first = new pg.Client({ connectionString: service.database.url });
    const second = new pg.Client({ connectionString: service.database.url });
    await Promise.all([first.connect(), second.connect()]);
    await first.query('BEGIN');
    await claimKey(first, key, ['a']);
    const claim = claimKey(second, key, ['b']);
    const refused = expect(claim).rejects.toThrow(KeyTaken);
    await first.query('COMMIT');
    await refused;
    await Promise.all([first.end(), second.end()]);
  });
});

it('a session is made once a key, without a body as well', async () => {
  const headers = withKey();
  const first = await service.client.post<{ id: string }>('/v1/sessions', { name: 'Fox' }, headers);
  const again = await service.client.post<{ id: string }>('/v1/sessions', { name: 'Fox' }, headers);
  expect([again.status, again.body, again.headers.location]).toEqual([201, first.body, first.headers.location]);
  expect(again.headers['idempotent-replayed']).toBe('true');
});

describe('assets', () => {
  type List = { data: AssetView[] };
  const give = (key: string, ...files: TestFile[]) => postForm<List>(service, formOf(...files), withKey(key));
  const storedFiles = async () => {
    const folder = path.join(service.env.DATA_DIR ?? '', 'assets');
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).length;
  };

  it('the same names and bytes again are the same assets; no byte is kept twice', async () => {
    const key = randomUUID();
    const first = await give(key, pngFile('a.png'), pngFile('b.png', 3_000));
    const files = await storedFiles();
    const again = await give(key, pngFile('a.png'), pngFile('b.png', 3_000));
    expect([again.status, again.body]).toEqual([201, first.body]);
    expect(again.headers.get('idempotent-replayed')).toBe('true');
    expect(await storedFiles()).toBe(files);
    await service.client.delete(`/v1/assets/${first.body.data[0]?.id}`);
    expect((await give(key, pngFile('a.png'), pngFile('b.png', 3_000))).body.data).toEqual([first.body.data[1]]);
  });

  it.each([
    ['other bytes', pngFile('a.png', 2_001)],
    ['another name', pngFile('c.png')],
  ])('%s with the same key are refused, and not kept', async (_what, file) => {
    const key = randomUUID();
    await give(key, pngFile('a.png'));
    const files = await storedFiles();
    expect(await give(key, file)).toMatchObject({ status: 422, body: { code: 'idempotency_key_reused' } });
    expect(await storedFiles()).toBe(files);
  });
});

it('keys are removed when they have expired, and no sooner', async () => {
  const [old, young] = [withKey(), withKey()];
  for (const headers of [old, young]) await post(GOOD, headers);
  const names = [old, young].map((headers) => headers['idempotency-key']);
  await service.database.sql("UPDATE idempotency_key SET created_at = now() - interval '25 hours' WHERE key = $1", [
    names[0],
  ]);
  const pool = new pg.Pool({ connectionString: service.database.url });
  const removal = startKeyRemoval({ db: pool, log: createLogger('silent', 'test') });
  await waitFor('the removal', async () => {
    const left = await service.database.sql('SELECT key FROM idempotency_key WHERE key = ANY($1)', [names]);
    return left.length < 2 && left;
  }).then((left) => expect(left).toEqual([{ key: names[1] }]));
  await removal.stop();
  await pool.end();
});
