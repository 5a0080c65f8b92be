import { afterEach, beforeEach, expect, it } from 'vitest';
import { settleJob } from '../../src/lib/commands/settle-job.ts';
import { claimJobs } from '../../src/lib/db/claims.ts';
import { openDatabase } from '../../src/lib/db/database.ts';
import { markDispatched } from '../../src/lib/db/dispatch.ts';
import { writeJob } from '../../src/lib/db/job-writes.ts';
import { jobError } from '../../src/lib/domain/failures.ts';
import { freePort } from '../../src/local/free-port.ts';
import { SEND_WINDOW_MS } from '../../src/workers/phases/recover-turn.ts';
import { startTestSandbox } from '../support/sandbox.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

let service: TestService;

beforeEach(async () => {
  service = await startService({ workers: false });
});

afterEach(() => service?.stop());

/** The job that a worker left behind in the middle of its turn. */
async function abandonInTurn(id: string): Promise<void> {
  await service.database.sql(
    `UPDATE job SET turn_state = 'sending', sent_at = now() - interval '1 minute', phase = 'converse', status = 'running',
       charged = 'unknown', state_before_hash = 'x', epoch = 7, dispatch_no = 3, lease_until = now() - interval '1 second',
       cost = '{"before":{"available":100,"frozen":0,"total":100},"after":null,"charged":null,"certainty":"unknown"}'
     WHERE id = $1`,
    [id],
  );
}

it('a start that finds a message as sending never sends it, and says what became of it', async () => {
  const first = await service.client.submit({ type: 'generate', prompt: 'A first clip' });
  const workers = await service.startWorkers();
  await service.client.ended(first.id);
  await workers.stop();
  const second = await service.client.submit({ type: 'generate', prompt: 'A lost one', session_id: first.session_id });
  await abandonInTurn(second.id);
  await service.startWorkers();
  const job = await service.client.ended(second.id);
  const sent = (await service.sandbox.log()).messages.map((message) => message.text);
  expect(sent).toEqual(['A first clip']);
  // The state differs from the (made up) one before: the lost turn counts as done.
  expect(job).toMatchObject({ status: 'succeeded', phase: 'reconcile' });
});

it('a turn whose outcome was recorded is not looked into again after a crash', async () => {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A recorded one' });
  const result = {
    text: 'All done.',
    changes: [],
    timeline: { summary: '', duration_ms: 0, tracks: [] },
    media: [],
    suggested_actions: [],
    output: null,
    workspace_url: null,
  };
  await abandonInTurn(id);
  await service.database.sql("UPDATE job SET turn_state = 'done', phase = 'reconcile', result = $2 WHERE id = $1", [
    id,
    JSON.stringify(result),
  ]);
  await service.startWorkers();
  expect(await service.client.ended(id)).toMatchObject({ status: 'succeeded', result: { text: 'All done.' } });
  expect((await service.sandbox.log()).requests).toEqual({});
});

it('is committed as sending before the message arrives', async () => {
  await service.sandbox.fault({ route: 'POST /run_sse', times: 1, delay_ms: 3_000 });
  await service.startWorkers();
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A slow start' });
  const arrived = async () => ((await service.sandbox.log()).requests['POST /run_sse'] ?? 0) > 0;
  await waitFor('the message', arrived);
  const [row] = await service.database.sql('SELECT turn_state, sent_at, charged, status FROM job WHERE id = $1', [id]);
  expect(row).toMatchObject({
    turn_state: 'sending',
    sent_at: expect.any(Date),
    charged: 'unknown',
    status: 'running',
  });
});

it('an upstream that cannot be reached has taken no message: the job waits and is sent once it is back', async () => {
  const port = await freePort();
  const other = await startService({ workers: false, env: { NEMO_API_URL: `http://127.0.0.1:${port}` } });
  await other.startWorkers();
  const { id } = await other.client.submit({ type: 'generate', prompt: 'A patient job' });
  const waiting = await waitFor('the wait', async () => {
    const job = await other.client.job(id);
    return job.waiting !== null && job;
  });
  expect(waiting).toMatchObject({ status: 'waiting', waiting: { reason: 'recovery' }, charged: 'no' });
  const another = await other.client.submit({ type: 'generate', prompt: 'Another' });
  expect(another.status).toBe('queued');
  const upstream = await startTestSandbox({}, port);
  for (const { id: each } of [waiting, another]) expect((await other.client.ended(each)).status).toBe('succeeded');
  expect((await upstream.log()).messages).toHaveLength(2);
  await other.stop();
  await upstream.close();
});

it('a message that was refused (429) was not taken: it is sent again after a wait, and paid once', async () => {
  await service.sandbox.fault({ route: 'POST /run_sse', times: 1, status: 429 });
  await service.startWorkers();
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A refused message' });
  expect(await service.client.ended(id)).toMatchObject({ status: 'succeeded', charged: 'yes' });
  const { messages, requests } = await service.sandbox.log();
  expect(requests['POST /run_sse']).toBe(2);
  expect(messages.map((message) => message.status)).toEqual(['refused', 'done']);
});

it('a message in doubt (502, a reset, 408, a code 503 with HTTP 200) is never sent again', async () => {
  await service.startWorkers();
  const doubts: Record<string, Record<string, unknown>> = {
    'A 502 page': { status: 502, body: '<html>bad gateway</html>' },
    'A reset': { reset: true },
    'A 408': { status: 408 },
    'A code 503': { code: 503 },
  };
  const ids: string[] = [];
  for (const [prompt, fault] of Object.entries(doubts)) {
    await service.sandbox.fault({ route: 'POST /run_sse', times: 1, ...fault });
    const { id } = await service.client.submit({ type: 'generate', prompt });
    const inDoubt = async () => (await service.client.job(id)).waiting?.reason === 'recovery';
    await waitFor('the doubt', inDoubt);
    ids.push(id);
  }
  for (const id of ids) {
    const job = await service.client.ended(id, 40_000);
    // Their turns overlap, so that no balance can say which of them was charged.
    expect(job).toMatchObject({
      status: 'failed',
      charged: 'unknown',
      error: { code: 'outcome_unknown', retryable: true },
    });
  }
  expect((await service.sandbox.log()).requests['POST /run_sse']).toBe(ids.length);
});

it('a message in doubt is free of charge once the balance proves it, and not before a late one could have arrived', async () => {
  await service.sandbox.fault({ route: 'POST /run_sse', times: 1, status: 502 });
  await service.startWorkers();
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A single doubt' });
  const job = await service.client.ended(id, 40_000);
  expect(job).toMatchObject({ status: 'failed', charged: 'no', cost: { charged: 0, certainty: 'exact' } });
  const tookMs = Date.parse(job.finished_at ?? '') - Date.parse(job.started_at ?? '');
  expect(tookMs).toBeGreaterThan(2 * SEND_WINDOW_MS);
});

it('of two workers on one row, only the one that claimed last can write', async () => {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A contested job' });
  const db = openDatabase(service.database.url, { poolSize: 2, onError: () => undefined });
  const [marked] = await markDispatched(db.pool, { limit: 10, tenantConcurrency: 10 });
  expect(marked).toMatchObject({ id, lane: 'run', dispatch_no: 1, delay_ms: 0 });

  const claimJob = async (number: number, owner: string) =>
    (await claimJobs(db.pool, [{ jobId: id, dispatchNo: number }], { worker: owner, nemoTokenHash: null }))[0];
  const old = await claimJob(1, 'old');
  expect(await claimJob(1, 'new')).toMatchObject({ kind: 'later', forMs: expect.any(Number) });
  await service.database.sql("UPDATE job SET lease_until = now() - interval '1 second'");
  const young = await claimJob(1, 'new');
  if (old?.kind !== 'claimed' || young?.kind !== 'claimed') throw new Error('not claimed');

  expect(await writeJob(db.pool, old.job, { set: { phase: 'render' }, event: 'job.phase' })).toBeNull();
  expect(
    await settleJob(db.pool, old.job, { status: 'failed', set: { error: jobError('no_change') }, turnOver: false }),
  ).toBeNull();
  expect(await claimJob(2, 'another number')).toEqual({ kind: 'superseded' });

  const settled = await settleJob(db.pool, young.job, { status: 'succeeded', set: {}, turnOver: false });
  expect(settled).toMatchObject({ status: 'succeeded', seq: 2 });
  expect(await settleJob(db.pool, young.job, { status: 'failed', set: {}, turnOver: false })).toBeNull();
  const events = await service.database.sql('SELECT type FROM event WHERE job_id = $1 ORDER BY seq', [id]);
  expect(events.map((event) => event.type)).toEqual(['job.queued', 'job.succeeded']);
  await db.close();
});

it('of two entries for one row that are claimed in one statement, only one is', async () => {
  const { id } = await service.client.submit({ type: 'generate', prompt: 'A job with an entry too many' });
  const db = openDatabase(service.database.url, { poolSize: 2, onError: () => undefined });
  await markDispatched(db.pool, { limit: 10, tenantConcurrency: 10 });

  const ask = { jobId: id, dispatchNo: 1 };
  const claims = await claimJobs(db.pool, [{ jobId: id, dispatchNo: 2 }, ask, ask], {
    worker: 'me',
    nemoTokenHash: null,
  });
  expect(claims.map(({ kind }) => kind)).toEqual(['superseded', 'claimed', 'later']);
  expect(await service.database.sql('SELECT epoch FROM job WHERE id = $1', [id])).toEqual([{ epoch: 1 }]);

  const job = claims[1]?.kind === 'claimed' ? claims[1].job : null;
  if (!job) throw new Error('not claimed');
  await settleJob(db.pool, job, { status: 'succeeded', set: {}, turnOver: false });
  await db.close();
});

it('a turn that begins before the balance was read makes the cost uncertain, although its own was over', async () => {
  // The first job's state is read before its message and after it; the second time takes until another job has ended.
  await service.sandbox.fault({ route: 'GET /api/state', times: 1, delay_ms: 1 });
  await service.sandbox.fault({ route: 'GET /api/state', times: 1, delay_ms: 4_000 });
  await service.startWorkers();
  const free = await service.client.submit({ type: 'generate', prompt: 'How long may a clip be?' });
  const states = async () =>
    Object.entries((await service.sandbox.log()).requests).find(([route]) => route.startsWith('GET /api/state'))?.[1];
  await waitFor('the end of the answer', async () => (await states()) === 2);
  const paid = await service.client.submit({ type: 'generate', prompt: 'A paid clip' });
  expect(await service.client.ended(paid.id)).toMatchObject({ status: 'succeeded' });
  expect(await service.client.ended(free.id)).toMatchObject({
    charged: 'unknown',
    cost: { charged: 100, certainty: 'bounded' },
  });
});
