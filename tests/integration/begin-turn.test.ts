import { afterAll, beforeAll, expect, it } from 'vitest';
import { beginTurn, TurnForbidden } from '../../src/lib/commands/begin-turn.ts';
import { writeSession } from '../../src/lib/db/sessions.ts';
import { planUploads } from '../../src/lib/db/uploads.ts';
import type { JobRecord } from '../../src/lib/domain/job.ts';
import { type ClaimedJobs, startClaimedJobs } from '../support/claimed-jobs.ts';

let here: ClaimedJobs;
beforeAll(async () => {
  here = await startClaimedJobs();
});
afterAll(() => here?.stop());

const UPSTREAM_ID = 'nemo_1';

/** A claimed job whose session is open upstream. */
async function claimed(): Promise<JobRecord> {
  const job = await here.claimed();
  if (!(await writeSession(here.db.pool, job, { upstream_id: UPSTREAM_ID }))) throw new Error('no session');
  return job;
}

const begin = (job: JobRecord) =>
  beginTurn(
    here.db.pool,
    job,
    { state: { draft: 'before' }, stateHash: 'hash', credits: null },
    { progress: job.progress, upstreamId: UPSTREAM_ID, turnMs: 60_000 },
  );

/** What must be as it was wherever nothing may be sent. */
async function untouched(job: JobRecord): Promise<void> {
  const [row] = await here.service.database.sql(
    `SELECT turn_state, sent_at, turn_open_until, state FROM job JOIN session ON session.id = job.session_id
     WHERE job.id = $1`,
    [job.id],
  );
  expect(row).toEqual({ turn_state: 'unsent', sent_at: null, turn_open_until: null, state: null });
}

it('job and session are marked in one commit', async () => {
  const job = await claimed();
  expect(await begin(job)).toMatchObject({ turn_state: 'sending', sent_at: expect.any(Date), seq: job.seq + 1 });
  const [session] = await here.service.database.sql(
    'SELECT state, turn_open_until > now() AS is_open FROM session WHERE id = $1',
    [job.session_id],
  );
  expect(session).toEqual({ state: { draft: 'before' }, is_open: true });
});

it('a cancel that was accepted before is obeyed: nothing is marked', async () => {
  const job = await claimed();
  await here.service.client.post(`/v1/jobs/${job.id}/cancel`, {});
  await expect(begin(job)).rejects.toThrow(TurnForbidden);
  await untouched(job);
});

it('a job that is another worker’s now is not marked', async () => {
  const job = await claimed();
  await here.service.database.sql("UPDATE job SET owner = 'another' WHERE id = $1", [job.id]);
  expect(await begin(job)).toBeNull();
  await untouched(job);
});

it('a job that does not hold its session is not marked', async () => {
  const job = await claimed();
  await here.service.database.sql('UPDATE session SET holder_job_id = NULL WHERE id = $1', [job.session_id]);
  expect(await begin(job)).toBeNull();
  await untouched(job);
});

it('a claim that was lost with the database server and made again is another one', async () => {
  const job = await claimed();
  await here.service.database.sql(
    'UPDATE job SET epoch = epoch - 1, owner = NULL, lease_until = NULL, started_at = NULL WHERE id = $1',
    [job.id],
  );
  expect(await here.claim(job.id)).toMatchObject({ epoch: job.epoch });
  expect(await begin(job)).toBeNull();
  await untouched(job);
});

it('a session whose opening was lost with the database server is not spoken in', async () => {
  const job = await claimed();
  await here.service.database.sql('UPDATE session SET upstream_id = NULL WHERE id = $1', [job.session_id]);
  expect(await begin(job)).toBeNull();
  await untouched(job);
});

it('nor is a file brought there', async () => {
  const job = await claimed();
  const files = [{ source: 'ast_1', name: 'photo.png' }];
  expect(await planUploads(here.db.pool, job, UPSTREAM_ID, files)).toHaveLength(1);
  await here.service.database.sql('UPDATE session SET upstream_id = NULL WHERE id = $1', [job.session_id]);
  expect(await planUploads(here.db.pool, job, UPSTREAM_ID, files)).toBeNull();
});
