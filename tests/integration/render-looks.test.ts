import { afterAll, beforeAll, expect, it } from 'vitest';
import { claimJobs } from '../../src/lib/db/claims.ts';
import { parkAgain, type WaitingRender, waitingRenders } from '../../src/lib/db/render-looks.ts';
import { type ClaimedJobs, startClaimedJobs } from '../support/claimed-jobs.ts';

const RENDER_MS = 60_000;

let here: ClaimedJobs;
beforeAll(async () => {
  here = await startClaimedJobs();
  await here.service.database.sql("INSERT INTO account (id, kind) VALUES ('acc_1', 'anonymous')");
});
afterAll(() => here?.stop());

/** A job that a worker has left to wait for its render, which was submitted 10 s ago. */
async function waitsForRender(): Promise<string> {
  const id = await here.dispatched({ export: true });
  const { sql } = here.service.database;
  await sql(
    `UPDATE job SET status = 'waiting', waiting_reason = 'render', phase = 'render', lane = 'wait', started_at = now()
     WHERE id = $1`,
    [id],
  );
  await sql(
    `UPDATE session SET account_id = 'acc_1', upstream_id = 'nemo_1' FROM job
     WHERE session.id = job.session_id AND job.id = $1`,
    [id],
  );
  await sql(
    `INSERT INTO render (id, job_id, number, state, draft, output, submitted_at)
     VALUES ('render_' || $1, $1, 1, 'submitted', '{}', '{}', now() - interval '10 s')`,
    [id],
  );
  return id;
}

const ask = (jobId: string) => ({ jobId, dispatchNo: 1 });

async function read(jobId: string): Promise<WaitingRender> {
  const [job] = await waitingRenders(here.db.pool, [ask(jobId)], RENDER_MS);
  if (!job) throw new Error(`${jobId} does not wait`);
  return job;
}

const parked = (job: WaitingRender) => ({ job, progress: { ...job.progress, percent: 40 }, dueInMs: 60_000 });

/** What may come between two statements of a look, or between two looks. */
const CHANGES = {
  'another dispatch': 'dispatch_no = dispatch_no + 1',
  'out of the queue': 'dispatched_at = NULL',
  'a lease': "lease_until = now() + interval '15 s'",
  'a lease that has run out': "lease_until = now() - interval '1 s'",
  'a cancel': 'cancel_requested_at = now()',
  'the end': "finished_at = now(), status = 'canceled'",
};

it('reads jobs that only wait for their render, each for its entry of the queue', async () => {
  const one = await waitsForRender();
  const other = await waitsForRender();
  const [first, none, second] = await waitingRenders(
    here.db.pool,
    [ask(one), { jobId: one, dispatchNo: 2 }, ask(other)],
    RENDER_MS,
  );
  expect([first?.id, none, second?.id]).toEqual([one, null, other]);
  expect(first).toMatchObject({ account: { account_id: 'acc_1' }, render_id: `render_${one}`, dispatch_no: 1 });
});

it.each(
  Object.entries({
    ...CHANGES,
    'another reason': "waiting_reason = 'recovery'",
    'another phase': "phase = 'verify'",
    'a look that comes early': "due_at = now() + interval '5 s'",
    // The column rounds to whole ms, up as well, and the look comes within one.
    'a deadline that has passed': "deadline_at = now() - interval '1 s'",
  }),
)('does not read a job that is to be claimed: %s', async (_, change) => {
  const id = await waitsForRender();
  await here.service.database.sql(`UPDATE job SET ${change} WHERE id = $1`, [id]);
  expect(await waitingRenders(here.db.pool, [ask(id)], RENDER_MS)).toEqual([null]);
});

it('does not read a job whose latest render has had its time, or is not under way', async () => {
  const id = await waitsForRender();
  expect(await waitingRenders(here.db.pool, [ask(id)], 9_000)).toEqual([null]);
  await here.service.database.sql(
    `INSERT INTO render (id, job_id, number, state, draft, output) VALUES ('render_again', $1, 2, 'planned', '{}', '{}')`,
    [id],
  );
  expect(await waitingRenders(here.db.pool, [ask(id)], RENDER_MS)).toEqual([null]);
});

it('has jobs wait until their next look, and tells when that is', async () => {
  const id = await waitsForRender();
  const [due] = await parkAgain(here.db.pool, [parked(await read(id))]);
  expect(due).toBeGreaterThan(59_000);
  // The time is kept in whole ms.
  expect(due).toBeLessThanOrEqual(60_001);
  const [row] = await here.service.database.sql(
    `SELECT progress->>'percent' AS percent, due_at > now() + interval '50 s' AS later FROM job WHERE id = $1`,
    [id],
  );
  expect(row).toEqual({ percent: '40', later: true });
});

it.each(
  Object.entries({
    ...CHANGES,
    'a change that clients see': 'seq = seq + 1',
    'a claim that was given back': 'epoch = epoch + 1',
  }),
)('leaves a job alone whose row has changed since it was read: %s', async (_, change) => {
  const changed = await waitsForRender();
  const same = await waitsForRender();
  const known = [await read(changed), await read(same)];
  await here.service.database.sql(`UPDATE job SET ${change} WHERE id = $1`, [changed]);
  expect(await parkAgain(here.db.pool, known.map(parked))).toEqual([null, expect.any(Number)]);
  const [row] = await here.service.database.sql(`SELECT progress->>'percent' AS percent FROM job WHERE id = $1`, [
    changed,
  ]);
  expect(row).toEqual({ percent: null });
});

it('a deadline that comes before ends the sleep', async () => {
  const id = await waitsForRender();
  await here.service.database.sql("UPDATE job SET deadline_at = now() + interval '5 s' WHERE id = $1", [id]);
  const [due] = await parkAgain(here.db.pool, [parked(await read(id))]);
  expect(due).toBeLessThanOrEqual(5_001);
});

it('a claim between the two wins', async () => {
  const id = await waitsForRender();
  const job = await read(id);
  const [claim] = await claimJobs(here.db.pool, [ask(id)], { worker: 'me', nemoTokenHash: null });
  expect(claim?.kind).toBe('claimed');
  expect(await parkAgain(here.db.pool, [parked(job)])).toEqual([null]);
});
