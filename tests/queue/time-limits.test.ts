import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

let service: TestService;

beforeAll(async () => {
  // A poll far away: a sleeping job has to be woken by its deadline.
  service = await startService({ sandbox: { speed: 60 }, env: { RENDER_POLL_INTERVAL: '20s' } });
});

afterAll(() => service?.stop());

const generate = (body: Record<string, unknown>) => service.client.submit({ type: 'generate', ...body });

describe('start_timeout', () => {
  it('a job that was not started in time is expired, and the line goes on without it', async () => {
    const first = await generate({ prompt: 'A long film', export: false });
    const { session_id } = first;
    const second = await generate({ prompt: 'Too late?', session_id, start_timeout: 1 });
    const third = await generate({ prompt: 'Still wanted?', session_id, start_timeout: 60 });
    expect(Date.parse(String(second.expires_at)) - Date.parse(second.created_at)).toBe(1_000);
    const job = await service.client.ended(second.id);
    expect(job).toMatchObject({ status: 'expired', started_at: null, charged: 'no', error: null });
    expect(await service.client.ended(first.id)).toMatchObject({ status: 'succeeded' });
    expect(await service.client.ended(third.id)).toMatchObject({ status: 'succeeded' });
  });

  it('one that was started keeps its time', async () => {
    const { id } = await generate({ prompt: 'A film of two seconds', start_timeout: 2 });
    expect(await service.client.ended(id)).toMatchObject({ status: 'succeeded' });
  });
});

describe('deadline', () => {
  it('ends a job that was never started', async () => {
    const { session_id } = await generate({ prompt: 'Another long film' });
    const { id } = await generate({ prompt: 'Never begun', session_id, deadline: 1 });
    const job = await service.client.ended(id);
    expect(job).toMatchObject({ status: 'failed', error: { code: 'deadline_exceeded' }, started_at: null });
  });

  it('ends a running conversation: whether it will cost anything is not known', async () => {
    const { id } = await generate({ prompt: 'A film that takes too long #stall', deadline: 1 });
    const job = await service.client.ended(id, 10_000);
    expect(job).toMatchObject({ status: 'failed', phase: 'converse', error: { code: 'deadline_exceeded' } });
    expect(job).toMatchObject({ charged: 'unknown', cost: { certainty: 'unknown', charged: null } });
  });

  it('ends a job whose stream said nothing: its turn may go on, so its session waits and its cost is not known', async () => {
    const { id, session_id } = await generate({ prompt: 'Not a word #empty-200', deadline: 2 });
    const job = await service.client.ended(id, 10_000);
    expect(job).toMatchObject({ phase: 'reconcile', error: { code: 'deadline_exceeded' }, charged: 'unknown' });
    const [session] = await service.database.sql(
      'SELECT turn_open_until > now() AS closed FROM session WHERE id = $1',
      [session_id],
    );
    expect(session).toEqual({ closed: true });
  });

  it('does not wait for an upstream that cannot stop the render', async () => {
    const { id } = await generate({ prompt: 'Not to be stopped #render-stuck', export: true, deadline: 7 });
    await waitFor('the render', async () => (await service.client.job(id)).waiting?.reason === 'render');
    await service.sandbox.fault({ route: 'POST /api/render/proxy/lambda', times: 1, reset: true });
    const job = await service.client.ended(id, 20_000);
    expect(job).toMatchObject({ status: 'failed', error: { code: 'deadline_exceeded' } });
    expect(await service.database.sql('SELECT state FROM render WHERE job_id = $1', [id])).toEqual([
      { state: 'submitted' },
    ]);
  });

  it('wakes a job that sleeps between two polls, and its render is canceled upstream', async () => {
    const { id } = await generate({ prompt: 'A stuck one #render-stuck', export: true, deadline: 7 });
    const job = await service.client.ended(id, 20_000);
    expect(job).toMatchObject({ status: 'failed', phase: 'render', error: { code: 'deadline_exceeded' } });
    const [render] = await service.database.sql('SELECT id, state FROM render WHERE job_id = $1', [id]);
    const upstream = (await service.sandbox.log()).renders.find((one) => one.id === render?.id);
    expect([render?.state, upstream?.status]).toEqual(['canceled', 'canceled']);
  });
});

describe('wait_for_credits', () => {
  it('jobs that the account cannot pay wait, and go on when the balance rises: one first, then the others', async () => {
    const poor = await startService({ sandbox: { speed: 200, credits: 40 } });
    try {
      const submit = (prompt: string) => poor.client.submit({ type: 'generate', prompt, wait_for_credits: true });
      const jobs = [await submit('One'), await submit('Two'), await submit('Three')];
      for (const { id } of jobs)
        await waitFor('the wait', async () => (await poor.client.job(id)).waiting?.reason === 'credits');
      const refused = (await poor.sandbox.log()).messages.length;
      const look = () =>
        poor.database.sql("UPDATE job SET due_at = now(), dispatched_at = NULL WHERE waiting_reason = 'credits'");

      // A minute later: the balance is as it was, and nothing is sent.
      await look();
      await waitFor('a look', async () => (await poor.client.job(jobs[0]?.id ?? '')).waiting?.reason === 'credits');
      expect((await poor.sandbox.log()).messages).toHaveLength(refused);

      await poor.sandbox.topUp(1_000);
      await look();
      for (const { id } of jobs) expect(await poor.client.ended(id)).toMatchObject({ status: 'succeeded' });
    } finally {
      await poor.stop();
    }
  });

  it('what the account cannot pay before the message is waited for there: no file is left out', async () => {
    await service.sandbox.fault({ route: 'POST /api/upload-video', times: 1, code: 2001 });
    const prompt = 'With its picture';
    const assets = [{ url: 'https://cdn.example/picture.png' }];
    const { id } = await generate({ prompt, assets, wait_for_credits: true });
    const job = await waitFor('the wait', async () => {
      const now = await service.client.job(id);
      return now.waiting?.reason === 'credits' && now;
    });
    expect(job.phase).toBe('upload');
    await service.database.sql('UPDATE job SET due_at = now(), dispatched_at = NULL WHERE id = $1', [id]);
    expect(await service.client.ended(id)).toMatchObject({ status: 'succeeded' });
    const log = await service.sandbox.log();
    expect(log.uploads.filter(({ filename }) => filename.includes('picture'))).toHaveLength(1);
    expect(log.messages.filter(({ text }) => text.includes(prompt))).toHaveLength(1);
  });

  it('without it, such a job fails', async () => {
    const { id } = await generate({ prompt: 'No money #no-credits' });
    expect(await service.client.ended(id)).toMatchObject({ status: 'failed', error: { code: 'credits_exhausted' } });
  });
});
