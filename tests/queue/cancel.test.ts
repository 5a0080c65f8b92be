import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { JobView } from '../../src/lib/domain/job-view.ts';
import { startService, type TestService } from '../support/service.ts';
import { waitFor } from '../support/wait-for.ts';

let service: TestService;

beforeAll(async () => {
  // Slow enough that a job can be met in each of its phases; a poll far away, so that a sleeping job has to be woken.
  service = await startService({ sandbox: { speed: 60 }, env: { RENDER_POLL_INTERVAL: '20s' } });
});

afterAll(() => service?.stop());

const cancel = (id: string) => service.client.post<JobView>(`/v1/jobs/${id}/cancel`, {});

const reaches = (id: string, is: (job: JobView) => boolean) =>
  waitFor(`the moment to cancel ${id}`, async () => {
    const job = await service.client.job(id);
    return is(job) && job;
  });

const messagesOf = async (prompt: string) =>
  (await service.sandbox.log()).messages.filter(({ text }) => text.includes(prompt));

describe('cancel', () => {
  it('a job that waits in line was never started: it is canceled at once, and the line goes on without it', async () => {
    const { id: first, session_id } = await service.client.submit({ type: 'generate', prompt: 'First of the line' });
    const second = await service.client.submit({ type: 'generate', prompt: 'Second of the line?', session_id });
    const third = await service.client.submit({ type: 'generate', prompt: 'Third of the line?', session_id });
    const answer = await cancel(second.id);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ status: 'canceled', charged: 'no', waiting: null, started_at: null });
    expect(await service.client.ended(first)).toMatchObject({ status: 'succeeded' });
    expect(await service.client.ended(third.id)).toMatchObject({ status: 'succeeded' });
    expect(await messagesOf('Second of the line')).toEqual([]);
  });

  it('a running message is waited out: its result and its charge are kept, what comes after is dropped', async () => {
    const { id } = await service.client.submit({ type: 'generate', prompt: 'A canceled comet', export: true });
    await waitFor('the message', async () => (await messagesOf('A canceled comet')).length === 1);
    const answer = await cancel(id);
    expect(answer.status).toBe(202);
    expect(answer.body).toMatchObject({ status: 'canceling', finished_at: null });
    const job = await service.client.ended(id);
    expect(job).toMatchObject({ status: 'canceled', charged: 'yes', error: null });
    expect(job.cost).toMatchObject({ charged: 100, certainty: 'exact' });
    expect(job.result?.media).toHaveLength(1);
    expect(await service.database.sql('SELECT id FROM render WHERE job_id = $1', [id])).toEqual([]);

    const history = await service.client.get<{ data: { type: string; phase: string; data: { status: string } }[] }>(
      `/v1/jobs/${id}/history`,
    );
    const types = history.body.data.map(({ type }) => type);
    const since = history.body.data.slice(types.indexOf('job.canceling'));
    expect(new Set(since.map(({ data }) => data.status))).toEqual(new Set(['canceling', 'canceled']));
    expect(since.map(({ phase }) => phase)).not.toContain('render');
  });

  it('a render that sleeps between two polls is woken and canceled upstream', async () => {
    const { id } = await service.client.submit({ type: 'generate', prompt: 'A render #render-stuck', export: true });
    await reaches(id, (job) => job.status === 'waiting' && job.waiting?.reason === 'render');
    expect((await cancel(id)).status).toBe(202);
    const job = await service.client.ended(id, 10_000);
    expect(job).toMatchObject({ status: 'canceled', charged: 'yes', phase: 'render' });
    expect(job.result?.output).toBeNull();
    const [render] = await service.database.sql('SELECT id, state FROM render WHERE job_id = $1', [id]);
    const upstream = (await service.sandbox.log()).renders.find((one) => one.id === render?.id);
    expect([render?.state, upstream?.status]).toEqual(['canceled', 'canceled']);
  });

  it('a message whose stream was lost is looked for to the end, then the job is canceled', async () => {
    const { id } = await service.client.submit({ type: 'generate', prompt: 'A lost reel #cut', export: true });
    await reaches(id, (job) => job.phase === 'reconcile');
    expect((await cancel(id)).status).toBe(202);
    expect(await service.client.ended(id)).toMatchObject({ status: 'canceled', charged: 'yes' });
  });

  it('asked for again it is the same answer; a job that ended otherwise is refused', async () => {
    const done = await service.client.submit({ type: 'generate', prompt: 'Is it done?' });
    await service.client.ended(done.id);
    const refused = await cancel(done.id);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({ code: 'job_already_terminal' });

    const { session_id } = await service.client.submit({ type: 'generate', prompt: 'Holds the line' });
    const waiting = await service.client.submit({ type: 'generate', prompt: 'Waits', session_id });
    const answers = await Promise.all([cancel(waiting.id), cancel(waiting.id), cancel(waiting.id)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(answers.map(({ body }) => body.seq)).size).toBe(1);
  });

  it('a body may be left out, whatever its content type says', async () => {
    const { session_id } = await service.client.submit({ type: 'generate', prompt: 'Holds another line?' });
    const { id } = await service.client.submit({ type: 'generate', prompt: 'Not wanted', session_id });
    expect((await service.client.post<JobView>(`/v1/jobs/${id}/cancel`, '')).body).toMatchObject({
      status: 'canceled',
    });
    const retry = await service.client.post<JobView>(`/v1/jobs/${id}/retry`, '');
    expect(retry.body).toMatchObject({ retry_of: id, attempt: 2 });
  });

  it('another tenant, and an id that is none, see nothing', async () => {
    expect((await cancel('job_01h455vb4pex5vsknk084sn02q')).status).toBe(404);
    expect((await cancel('nonsense')).status).toBe(404);
  });
});
