import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { startService, type TestService } from '../support/service.ts';
import { createTenant } from '../support/tenants.ts';
import { waitFor } from '../support/wait-for.ts';

const GOOD = { type: 'generate', prompt: 'A fox' };

let service: TestService;

beforeAll(async () => {
  service = await startService({ workers: false });
});

afterAll(() => service?.stop());

const range = (length: number) => Array.from({ length }, (_, index) => index);

/** Sends requests while no job can be stored, so that those which share a statement gather; then lets them through. */
async function whileCommitsAreHeld<T>(send: () => Promise<T>[]): Promise<T[]> {
  const lock = new pg.Client({ connectionString: service.database.url });
  await lock.connect();
  await lock.query('BEGIN; LOCK TABLE job IN SHARE MODE');
  const sent = send();
  await waitFor('a statement that waits', async () => {
    const [blocked] = await service.database.sql('SELECT 1 FROM pg_locks WHERE NOT granted');
    return blocked !== undefined;
  });
  // Answered after the requests before it have been read.
  for (const _ of range(5)) await service.client.get('/v1/skills');
  await lock.end();
  return Promise.all(sent);
}

describe('jobs that come at the same time', () => {
  it('share commits, and each is stored whole: row, session, first event', async () => {
    const jobs = await whileCommitsAreHeld(() =>
      range(100).map((index) => service.client.submit({ ...GOOD, metadata: { index: `${index}` } })),
    );
    expect(jobs.map((job) => job.metadata.index)).toEqual(range(100).map(String));
    const ids = jobs.map((job) => job.id);
    const [stored] = await service.database.sql<{ commits: number }>(
      `SELECT count(*)::int AS jobs, count(DISTINCT session.id)::int AS sessions, count(event.id)::int AS events,
         count(DISTINCT job.xmin::text)::int AS commits
       FROM job JOIN session ON session.id = job.session_id AND session.holder_job_id = job.id
       JOIN event ON event.job_id = job.id AND event.seq = 1 WHERE job.id = ANY($1)`,
      [ids],
    );
    expect(stored).toMatchObject({ jobs: 100, sessions: 100, events: 100 });
    expect(stored?.commits).toBeLessThan(10);
  });

  it('one that the database refuses does not take the others with it', async () => {
    await service.database.sql(`ALTER TABLE job ADD CONSTRAINT refused CHECK (metadata::text NOT LIKE '%unwanted%')`);
    const answers = await whileCommitsAreHeld(() =>
      range(20).map((index) =>
        service.client.post('/v1/jobs', { ...GOOD, metadata: { mark: index === 7 ? 'unwanted' : 'fine' } }),
      ),
    );
    await service.database.sql('ALTER TABLE job DROP CONSTRAINT refused');
    expect(answers.map(({ status }) => status)).toEqual(range(20).map((index) => (index === 7 ? 500 : 202)));
  });

  it('of one session make one line, in which one is the head', async () => {
    const session = (await service.client.post<{ id: string }>('/v1/sessions', {})).body;
    const jobs = await Promise.all(range(10).map(() => service.client.submit({ ...GOOD, session_id: session.id })));
    const heads = jobs.filter((job) => job.status === 'queued');
    expect(heads).toHaveLength(1);
    expect(jobs.filter((job) => job.waiting?.reason === 'session')).toHaveLength(9);
    expect(await service.database.sql('SELECT holder_job_id FROM session WHERE id = $1', [session.id])).toEqual([
      { holder_job_id: heads[0]?.id },
    ]);
  });
});

it('a job of a session in which a lost turn may still run is due when that turn must be over', async () => {
  const session = (await service.client.post<{ id: string }>('/v1/sessions', {})).body;
  await service.database.sql("UPDATE session SET turn_open_until = now() + interval '10 minutes' WHERE id = $1", [
    session.id,
  ]);
  const job = await service.client.submit({ ...GOOD, session_id: session.id });
  const [stored] = await service.database.sql(
    `SELECT job.due_at = session.turn_open_until AS waits FROM job JOIN session ON session.holder_job_id = job.id
     WHERE job.id = $1`,
    [job.id],
  );
  expect(stored).toEqual({ waits: true });
});

it('start_timeout and deadline are counted from the commit; null where they were not asked for', async () => {
  const job = await service.client.submit({ ...GOOD, start_timeout: 60, deadline: 3600, wait_for_credits: true });
  const created = Date.parse(job.created_at);
  expect(Date.parse(job.expires_at ?? '') - created).toBe(60_000);
  expect(Date.parse(job.deadline_at ?? '') - created).toBe(3_600_000);
  expect(await service.database.sql('SELECT wait_for_credits FROM job WHERE id = $1', [job.id])).toEqual([
    { wait_for_credits: true },
  ]);
  expect(await service.client.submit(GOOD)).toMatchObject({ expires_at: null, deadline_at: null });
});

describe('the answer is the job as it is stored, letter for letter', () => {
  const everything = {
    ...GOOD,
    skill: 'pika-labs',
    options: { duration_seconds: 7.5, aspect_ratio: '9:16' },
    assets: [{ url: 'https://example.com/Holiday film.mp4' }],
    export: { format: 'mov' },
    metadata: { '10': 'b', '2': 'a', z: '' },
    priority: -3,
    client_reference: 'the whole of it',
    webhook: { url: 'http://127.0.0.1/x', events: ['job.failed'] },
    start_timeout: 60,
    deadline: 90,
  };
  it.each([
    ['little is asked', GOOD],
    ['everything is asked', everything],
    ['a file is uploaded', { type: 'upload', assets: [{ url: 'https://example.com/holiday.mp4' }] }],
  ])('where %s', async (_what, body) => {
    const job = await service.client.submit(body);
    const { body: stored } = await service.client.get<JobView>(`/v1/jobs/${job.id}`);
    expect(JSON.stringify(job)).toBe(JSON.stringify(stored));
  });

  it('at the head of a session and behind it', async () => {
    const session = (await service.client.post<{ id: string }>('/v1/sessions', {})).body;
    for (const waiting of [null, { reason: 'session', until: null }]) {
      const job = await service.client.submit({ type: 'export', session_id: session.id });
      expect(job.waiting).toEqual(waiting);
      const { body: stored } = await service.client.get<JobView>(`/v1/jobs/${job.id}`);
      expect(JSON.stringify(job)).toBe(JSON.stringify(stored));
    }
  });
});

it.each([
  ['start_timeout', 0],
  ['start_timeout', '60'],
  ['deadline', 1.5],
  ['deadline', 30 * 86_400 + 1],
  ['wait_for_credits', 'yes'],
  ['client_reference', ' '],
  ['client_reference', 'x'.repeat(256)],
])('%s: %j is a fault', async (field, value) => {
  const answer = await service.client.post('/v1/jobs', { ...GOOD, [field]: value });
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: `/${field}` }] } });
});

describe('a client reference', () => {
  it('names one job of the tenant: the second is refused with the address of the first', async () => {
    const first = await service.client.submit({ ...GOOD, client_reference: 'order 42' });
    expect(first.client_reference).toBe('order 42');
    const second = await service.client.post('/v1/jobs', { ...GOOD, client_reference: 'order 42' });
    expect(second).toMatchObject({
      status: 409,
      body: { code: 'client_reference_used', existing: `/v1/jobs/${first.id}` },
    });
    const other = await createTenant(service);
    expect(await other.submit({ ...GOOD, client_reference: 'order 42' })).toMatchObject({ status: 'queued' });
  });

  it('that many ask for at once goes to one, and the others leave nothing behind', async () => {
    const body = { ...GOOD, client_reference: 'once', metadata: { of: 'the many' } };
    const answers = await whileCommitsAreHeld(() =>
      range(20).map(() => service.client.post<JobView>('/v1/jobs', body)),
    );
    const won = answers.filter(({ status }) => status === 202);
    expect(won).toHaveLength(1);
    const existing = won[0]?.body.links.self;
    for (const { status, body } of answers) if (status !== 202) expect(body).toMatchObject({ status: 409, existing });
    const [left] = await service.database.sql(
      `SELECT (SELECT count(*)::int FROM session WHERE opened_by IS NOT NULL AND opened_by NOT IN (SELECT id FROM job))
         AS sessions, (SELECT count(*)::int FROM event WHERE job_id NOT IN (SELECT id FROM job)) AS events`,
    );
    expect(left).toEqual({ sessions: 0, events: 0 });
  });
});
