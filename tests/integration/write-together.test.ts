import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Write, writeJobs } from '../../src/lib/db/write-together.ts';
import type { JobRecord } from '../../src/lib/domain/job.ts';
import { type ClaimedJobs, startClaimedJobs } from '../support/claimed-jobs.ts';

let here: ClaimedJobs;
beforeAll(async () => {
  here = await startClaimedJobs(4);
});
afterAll(() => here?.stop());

const rowOf = async (id: string) =>
  (await here.db.pool.query<JobRecord>('SELECT * FROM job WHERE id = $1', [id])).rows[0];
const eventsOf = async ({ id }: JobRecord) =>
  (
    await here.service.database.sql<{ type: string }>('SELECT type FROM event WHERE job_id = $1 ORDER BY seq', [id])
  ).map(({ type }) => type);

const waits = (job: JobRecord): Write => ({
  job,
  change: {
    set: {
      progress: { ...job.progress, message: `as far as ${job.id} came` },
      turn_fold: null,
      status: 'waiting',
      waiting_reason: 'recovery',
      phase: 'reconcile',
      lane: 'wait',
      remedies: ['wait', `of "${job.id}"`],
      failing_since: new Date('2026-11-20T10:00:00.123Z'),
    },
    dueInMs: 60_000,
    wakesEarly: true,
    hold: 'redispatch',
    event: 'job.waiting',
  },
});

const starts = (job: JobRecord): Write => ({
  job,
  change: { set: { phase: 'session', status: 'running' }, event: 'job.started', mayBeLost: true },
});

it('jobs whose changes are alike are written together, each as it would be alone', async () => {
  const jobs = [await here.claimed(), await here.claimed(), await here.claimed()];
  const other = await here.claimed();
  const written = await writeJobs(here.db.pool, jobs.map(waits));
  const [alone] = await writeJobs(here.db.pool, [waits(other)]);

  for (const [index, job] of jobs.entries()) {
    const row = await rowOf(job.id);
    expect(written[index]).toEqual(row);
    expect(row).toMatchObject({ ...waits(job).change.set, seq: job.seq + 1, owner: null, dispatched_at: null });
    expect(Number(row?.due_at) - Number(row?.phase_started_at)).toBe(60_000);
    expect(await eventsOf(job)).toEqual(['job.queued', 'job.waiting']);
  }
  expect(Object.keys(written[0] ?? {})).toEqual(Object.keys(alone ?? {}));
});

it('what a cancel has changed in between is written on top of it, and a job that was lost is left alone', async () => {
  const [known, canceled, taken] = [await here.claimed(), await here.claimed(), await here.claimed()];
  await here.service.client.post(`/v1/jobs/${canceled.id}/cancel`, {});
  await here.service.database.sql(`UPDATE job SET owner = 'another' WHERE id = $1`, [taken.id]);

  const written = await writeJobs(here.db.pool, [known, canceled, taken].map(waits));
  expect(written).toEqual([await rowOf(known.id), await rowOf(canceled.id), null]);
  expect(written[1]).toMatchObject({ status: 'waiting', cancel_requested_at: expect.any(Date) });
  expect(await eventsOf(canceled)).toEqual(['job.queued', 'job.canceling', 'job.waiting']);
  expect(await eventsOf(taken)).toEqual(['job.queued']);
  const [told] = await here.service.database.sql(
    "SELECT body->>'status' AS status FROM event WHERE job_id = $1 AND type = 'job.waiting'",
    [canceled.id],
  );
  expect(told).toEqual({ status: 'canceling' });
});

it('those who asked for an event are told of each job, with its own state', async () => {
  const webhook = { url: 'http://127.0.0.1:9/hook', events: ['job.started'] };
  const jobs = [await here.claimed({ webhook }), await here.claimed({ webhook }), await here.claimed()];
  await writeJobs(here.db.pool, jobs.map(starts));

  const told = await here.service.database.sql<{ id: string; shown: string; url: string | null }>(
    `SELECT event.job_id AS id, event.body->>'id' AS shown, message.url FROM event
     LEFT JOIN webhook_message AS message ON message.event_id = event.id
     WHERE event.type = 'job.started' ORDER BY event.job_id`,
  );
  expect(told).toEqual(jobs.map(({ id }, index) => ({ id, shown: id, url: index < 2 ? webhook.url : null })));
});

it('a change that the server refuses fails alone', async () => {
  const [fine, broken] = [await here.claimed(), await here.claimed()];
  const bad = waits(broken);
  bad.change.set.waiting_reason = 'no\u0000text' as never;
  const written = await writeJobs(here.db.pool, [waits(fine), bad]);
  expect(written).toEqual([await rowOf(fine.id), expect.any(Error)]);
  expect(await rowOf(broken.id)).toEqual(broken);
});

it('of two changes of one job both are made, one after the other', async () => {
  const job = await here.claimed();
  const written = await writeJobs(here.db.pool, [starts(job), starts(job)]);
  expect(written.map((row) => (row as JobRecord).seq).sort()).toEqual([job.seq + 1, job.seq + 2]);
});

it('also where nothing is told of them: each has what it changed, and the last one stays', async () => {
  const [job, other] = [await here.claimed(), await here.claimed()];
  const remedied = (of: JobRecord, remedy: string): Write => ({ job: of, change: { set: { remedies: [remedy] } } });
  const written = await writeJobs(here.db.pool, [
    remedied(other, 'wait'),
    remedied(job, 'first'),
    remedied(job, 'second'),
  ]);
  expect(written.map((row) => (row as JobRecord).remedies)).toEqual([['wait'], ['first'], ['second']]);
  expect(await rowOf(job.id)).toMatchObject({ remedies: ['second'] });
});

it('a change whose answer is lost is not made again', async () => {
  const jobs = [await here.claimed(), await here.claimed()];
  const deaf = {
    async query(...args: unknown[]) {
      await (here.db.pool.query as (...args: unknown[]) => Promise<unknown>)(...args);
      throw new Error('Connection terminated unexpectedly');
    },
  } as unknown as typeof here.db.pool;
  expect(await writeJobs(deaf, jobs.map(waits))).toEqual([expect.any(Error), expect.any(Error)]);
  for (const job of jobs) expect(await eventsOf(job)).toEqual(['job.queued', 'job.waiting']);
});
