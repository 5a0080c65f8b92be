import { afterAll, beforeAll, expect, it } from 'vitest';
import { settleJob } from '../../src/lib/commands/settle-job.ts';
import type { JobRecord } from '../../src/lib/domain/job.ts';
import { type ClaimedJobs, startClaimedJobs } from '../support/claimed-jobs.ts';
import { waitFor } from '../support/wait-for.ts';

let here: ClaimedJobs;
beforeAll(async () => {
  here = await startClaimedJobs();
});
afterAll(() => here?.stop());

const succeed = (job: JobRecord) => settleJob(here.db.pool, job, { status: 'succeeded', turnOver: true });

const holderOf = async ({ session_id }: JobRecord) =>
  (await here.service.database.sql('SELECT holder_job_id FROM session WHERE id = $1', [session_id]))[0]?.holder_job_id;

const joining = ({ session_id }: JobRecord) =>
  here.service.client.submit({ type: 'generate', prompt: 'And then the credits', session_id });

/** Until so many statements wait for somebody's lock. */
const blocked = (count: number) =>
  waitFor(`${count} that wait for a lock`, async () => {
    const waiting = await here.service.database.sql(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    );
    return waiting.length === count;
  });

it('a job that nobody waits behind leaves its session to whoever comes next', async () => {
  const job = await here.claimed();
  expect(await succeed(job)).toMatchObject({ status: 'succeeded', owner: null, lease_until: null, seq: job.seq + 1 });
  expect(await holderOf(job)).toBeNull();

  const { id } = await joining(job);
  expect(await holderOf(job)).toBe(id);
});

/** Who may join a line, each with what it has to be there before. */
const JOINING: Record<string, () => Promise<{ ending: JobRecord; join(): Promise<{ id: string }> }>> = {
  async 'a new job'() {
    const ending = await here.claimed();
    return { ending, join: () => joining(ending) };
  },
  async 'a retry'() {
    const failed = await here.claimed();
    await settleJob(here.db.pool, failed, { status: 'failed', turnOver: true });
    const ending = await here.claimed({ session_id: failed.session_id });
    const retry = async () => (await here.service.client.post<{ id: string }>(`/v1/jobs/${failed.id}/retry`, {})).body;
    return { ending, join: retry };
  },
};

it.each(Object.keys(JOINING))('%s that joins the line while another job ends there is not forgotten', async (who) => {
  const prepare = JOINING[who];
  if (!prepare) throw new Error(who);
  const { ending, join } = await prepare();
  const locking = await here.db.pool.connect();
  await locking.query('BEGIN');
  await locking.query('SELECT FROM session WHERE id = $1 FOR UPDATE', [ending.session_id]);
  // It is there before the other ends, and its commit comes after that statement has begun.
  const joined = join();
  await blocked(1);
  const settled = succeed(ending);
  await blocked(2);
  await locking.query('COMMIT');
  locking.release();

  const { id } = await joined;
  expect(await settled).toMatchObject({ status: 'succeeded' });
  expect(await holderOf(ending)).toBe(id);
  expect(await here.service.client.job(id)).toMatchObject({ status: 'queued', waiting: null });
});

it('the one that was waiting goes on, and a cancel that was accepted is what the job ends with', async () => {
  const job = await here.claimed();
  const { id } = await joining(job);
  await here.service.client.post(`/v1/jobs/${job.id}/cancel`, {});
  expect(await succeed(job)).toMatchObject({ status: 'canceled' });
  expect(await holderOf(job)).toBe(id);
});

it('a job that is another worker’s now is not ended', async () => {
  const job = await here.claimed();
  await here.service.database.sql("UPDATE job SET owner = 'another' WHERE id = $1", [job.id]);
  expect(await succeed(job)).toBeNull();
  expect(await holderOf(job)).toBe(job.id);
});
